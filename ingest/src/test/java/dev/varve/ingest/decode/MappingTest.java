package dev.varve.ingest.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.model.VarveException;
import java.math.BigDecimal;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MappingTest {
    @Test
    void parametersBecomeAMapping() {
        Mapping mapping = Mapping.parse(Map.ofEntries(
                Map.entry("time", List.of("d,t")),
                Map.entry("map", List.of("a:A x,b:B", "c:C")),
                Map.entry("ignore", List.of("x,y")),
                Map.entry("missing", List.of("-9999,MM")),
                Map.entry("missing.tmax", List.of("99")),
                Map.entry("scale.tmax", List.of("0.1")),
                Map.entry("zone", List.of("Europe/Berlin")),
                Map.entry("timeFormat", List.of("yyyyMMdd HH:mm")),
                Map.entry("delimiter", List.of("tab")),
                Map.entry("header", List.of("false")),
                Map.entry("create", List.of("true")),
                Map.entry("lon360", List.of("true"))));
        assertThat(mapping)
                .isEqualTo(Mapping.builder()
                        .time("d,t")
                        .map("a", "A x")
                        .map("b", "B")
                        .map("c", "C")
                        .ignore("x", "y")
                        .missing("-9999", "MM")
                        .missingIn("tmax", "99")
                        .scale("tmax", new BigDecimal("0.1"))
                        .zone(ZoneId.of("Europe/Berlin"))
                        .timeFormat("yyyyMMdd HH:mm")
                        .delimiter('\t')
                        .header(false)
                        .lon360(true)
                        .build());
        assertThat(Mapping.parse(Map.of())).isEqualTo(Mapping.DEFAULT);
        assertThat(mapping.toBuilder().build()).isEqualTo(mapping);
        assertThat(mapping.missingIn()).containsEntry("tmax", Set.of("99"));
    }

    @ParameterizedTest
    @CsvSource({
        "timeformat, auto, timeFormat",
        "zone, Europe/Berlim, Europe/Berlin",
        "timeFormat, epoch-x, epoch-ms",
        "map, x, map=",
        "lon360, perhaps, true",
        "delimiter, xx, tab",
        "scale.x, 0, 0.1",
        "scale.x, 1e999999999, usual"
    })
    void mistakesAreRefusedWithAHint(String name, String value, String hint) {
        assertThatThrownBy(() -> Mapping.parse(Map.of(name, List.of(value))))
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.hint()).contains(hint));
    }

    @Test
    void contentTypesNameFormats() {
        assertThat(BodyFormat.byContentType("Text/CSV; charset=utf-8")).contains(BodyFormat.CSV);
        assertThat(BodyFormat.byContentType("image/png")).isEmpty();
    }
}
