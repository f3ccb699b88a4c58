package dev.varve.server.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WeatherTest {
    private static final long START = 1_746_057_600_000_000L;

    /** Sums that any change of any row would change. */
    private static final class Totals implements Weather.Sink {
        private final Set<String> identities = new HashSet<>();
        private long rows;
        private long hash;
        private long missing;
        private long spikes;
        private long rainy;
        private double low = 1e9;
        private double high = -1e9;

        @Override
        public void row(
                long micros,
                Weather.Station station,
                double temperature,
                double humidity,
                double pressure,
                double windSpeed,
                double precipitation) {
            rows++;
            identities.add(station.name() + micros);
            hash = hash * 31
                    + Double.hashCode(temperature) * 7L
                    + Double.hashCode(humidity) * 5L
                    + Double.hashCode(pressure) * 3L
                    + Double.hashCode(windSpeed + precipitation)
                    + micros;
            missing += Double.isNaN(humidity) ? 1 : 0;
            spikes += temperature > 60 ? 1 : 0;
            rainy += precipitation > 0 ? 1 : 0;
            if (temperature < 60) {
                low = Math.min(low, temperature);
                high = Math.max(high, temperature);
            }
            if (!(pressure > 950 && pressure < 1_060 && windSpeed >= 0 && windSpeed < 60 && precipitation >= 0)
                    || humidity < 0
                    || humidity > 100) {
                throw new AssertionError(station + " " + pressure + " " + windSpeed + " " + humidity);
            }
        }
    }

    private static Totals totals(long rows, long seed) {
        Totals totals = new Totals();
        new Weather(rows, seed, START).generate(totals);
        return totals;
    }

    @Test
    void theSameSeedMakesTheSameRows() {
        assertThat(totals(20_000, 1).hash).isEqualTo(totals(20_000, 1).hash);
        assertThat(totals(20_000, 1).hash).isNotEqualTo(totals(20_000, 2).hash);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 999, 20_000, 500_000})
    void thereAreExactlyAsManyRowsAsAskedForAndNoneTwice(long rows) {
        Totals totals = totals(rows, 1);
        assertThat(totals.rows).isEqualTo(rows);
        assertThat(totals.identities).hasSize((int) rows);
    }

    @Test
    void theWeatherIsPlausibleWithGapsAndLies() {
        Totals totals = totals(500_000, 1);
        assertThat(totals.low).isBetween(-90.0, 0.0);
        assertThat(totals.high).isBetween(30.0, 58.0);
        assertThat(totals.missing).isBetween(500L, 2_000L);
        assertThat(totals.spikes).isPositive();
        assertThat(totals.rainy).isBetween(5_000L, 250_000L);

        Weather weather = new Weather(500_000, 1, START);
        long slots = TimeUnit.HOURS.toMicros(1);
        long[] last = {START};
        weather.generate((micros, station, t, h, p, w, r) -> last[0] = micros);
        long hours = (last[0] - START) / slots + 1;
        assertThat(hours * weather.stations().size()).isGreaterThan(505_000);
    }

    @Test
    void stationsHaveNamesOfTheirOwnAndStandOnBothSidesOfTheAntimeridian() {
        Weather weather = new Weather(5_000_000, 1, START);
        assertThat(weather.stations()).hasSizeBetween(1_900, 2_000);
        assertThat(weather.stations().stream().map(Weather.Station::name).distinct())
                .hasSize(weather.stations().size());
        assertThat(weather.stations()).allMatch(s -> Math.abs(s.lat()) <= 90 && s.lon() >= -180 && s.lon() < 180);
        assertThat(weather.stations().stream().filter(s -> Math.abs(s.lat() + 17.5) < 4 && s.lon() > 175))
                .isNotEmpty();
        assertThat(weather.stations().stream().filter(s -> Math.abs(s.lat() + 17.5) < 4 && s.lon() < -170))
                .isNotEmpty();
    }
}
