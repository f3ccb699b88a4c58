package dev.varve.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestNameTest {
    private static final List<String> KNOWN = List.of("station", "tmax", "tmin", "temperature", "windSpeed", "c1");

    @ParameterizedTest
    @CsvSource({
        "tmx, tmax", // one left out
        "sttaion, station", // neighbours swapped
        "TMIN, tmin", // whatever the case
        "windspeed, windSpeed", // the answer is as known
        "temp, temperature", // its start
        "station_id, station", // it with more behind
        "c2, c1" // a short name may differ in one letter
    })
    void findsWhatWasMeant(String wanted, String meant) {
        assertThat(NearestName.of(wanted, KNOWN)).hasValue(meant);
    }

    @ParameterizedTest
    @CsvSource({"humidity", "te", "''"})
    void guessesNothingFarAway(String wanted) {
        assertThat(NearestName.of(wanted, KNOWN)).isEmpty();
    }

    @Test
    void takesTheFirstOfEquallyNearOnes() {
        assertThat(NearestName.of("tmix", List.of("tmin", "tmax"))).hasValue("tmin");
        assertThat(NearestName.of("tmix", List.of("tmax", "tmin"))).hasValue("tmax");
    }

    @Test
    void aStartMustBeTheStartOfOneNameOnly() {
        assertThat(NearestName.of("Europe", List.of("Europe/Kyiv", "Asia/Tokyo")))
                .hasValue("Europe/Kyiv");
        assertThat(NearestName.of("Europe", List.of("Europe/Kyiv", "Europe/Rome")))
                .isEmpty();
    }

    @Test
    void hugeWordsAreNotCompared() {
        assertThat(NearestName.of("station".repeat(1_000), KNOWN)).isEmpty();
    }

    @Test
    void hintsAtTheNearestOrAtAll() {
        assertThat(NearestName.hint("tmx", KNOWN)).isEqualTo("did you mean 'tmax'?");
        assertThat(NearestName.hint("zz", List.of("csv", "json"))).isEqualTo("known: csv, json");
    }
}
