package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.model.space.H3Cells;
import dev.varve.model.space.H3Cells.Place;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Compares cells with what other software says of the same places, where its files lie beside the repository. */
class CellTruthTest {
    @Test
    void placesOfTheH3ProjectAreInTheirCells() throws IOException {
        int compared = 0;
        try (Stream<Path> files = Files.list(folder("h3-tests/tests/inputfiles"))) {
            for (Path file : files.filter(path -> path.toString().endsWith("centers.txt"))
                    .toList()) {
                for (String line : Files.readAllLines(file)) {
                    String[] parts = line.strip().split("\\s+", -1);
                    long cell = H3Cells.parse(parts[0]);
                    double lat = Double.parseDouble(parts[1]);
                    double lon = Double.parseDouble(parts[2]);
                    int resolution = H3Cells.resolution(cell);
                    assertThat(H3Cells.of(lat, lon > 180 ? lon - 360 : lon, resolution))
                            .isEqualTo(cell);
                    for (int r = 0; r <= resolution; r++) {
                        long parent = H3Cells.parent(cell, r);
                        assertThat(cell)
                                .isBetween(
                                        H3Cells.firstDescendant(parent, resolution),
                                        H3Cells.lastDescendant(parent, resolution));
                    }
                    compared++;
                }
            }
        }
        assertThat(compared).isEqualTo(70_868);
    }

    @Test
    void firesFallIntoTheCellsThatOthersCounted() throws IOException {
        List<String> lines = Files.readAllLines(folder("modis-fires/world_fires_7_day.csv"));
        List<Place> fires = lines.stream().skip(1).map(CellTruthTest::place).toList();
        assertThat(distinct(fires, 2)).hasSize(999).containsEntry("823ca7fffffffff", 808L);
        assertThat(distinct(fires, 3)).hasSize(3287).containsEntry("833d93fffffffff", 578L);
        assertThat(distinct(fires, 5)).hasSize(15_687).containsEntry("852c91b3fffffff", 97L);
        assertThat(distinct(fires, 7)).hasSize(30_113).containsEntry("875d1395bffffff", 34L);
    }

    private static Place place(String line) {
        String[] fields = line.split(",", -1);
        return new Place(Double.parseDouble(fields[0]), Double.parseDouble(fields[1]));
    }

    private static Map<String, Long> distinct(List<Place> places, int resolution) {
        Map<String, Long> counts = new HashMap<>();
        for (Place place : places) {
            counts.merge(H3Cells.text(H3Cells.of(place.lat(), place.lon(), resolution)), 1L, Long::sum);
        }
        return counts;
    }

    private static Path folder(String relative) {
        Optional<Path> found = SharedData.find(relative);
        assumeTrue(found.isPresent(), relative + " is not beside the repository");
        return found.orElseThrow();
    }
}
