package dev.varve.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.junit.jupiter.api.Test;

class StationNetworkTest {
    private static final int ROWS = 5_000;

    @Test
    void theSameSeedGivesTheSameRowsHoweverTheyAreCut() {
        assertThat(rows(1, 0, ROWS)).isEqualTo(rows(1, 0, ROWS));
        assertThat(rows(1, 0, ROWS).subList(1_000, ROWS)).isEqualTo(rows(1, 1_000, ROWS - 1_000));
        assertThat(rows(2, 0, ROWS)).isNotEqualTo(rows(1, 0, ROWS));
    }

    @Test
    void placesAreOnTheGlobeAndMovingStationsMove() {
        StationNetwork network = new StationNetwork(3);
        try (RootAllocator memory = new RootAllocator();
                VectorSchemaRoot early = StationNetwork.newBatch(memory);
                VectorSchemaRoot late = StationNetwork.newBatch(memory)) {
            network.fill(early, 0, StationNetwork.STATIONS);
            network.fill(late, 100L * StationNetwork.STATIONS, StationNetwork.STATIONS);
            int moved = 0;
            for (int station = 0; station < StationNetwork.STATIONS; station++) {
                double lat = ((Float8Vector) early.getVector("lat")).get(station);
                double lon = ((Float8Vector) early.getVector("lon")).get(station);
                assertThat(lat).isBetween(-90.0, 90.0);
                assertThat(lon).isBetween(-180.0, 180.0);
                moved += lat == ((Float8Vector) late.getVector("lat")).get(station) ? 0 : 1;
            }
            assertThat(moved).isBetween(1_900, StationNetwork.STATIONS - StationNetwork.FIXED);
        }
    }

    private static List<List<Object>> rows(long seed, long first, int count) {
        List<List<Object>> rows = new ArrayList<>();
        try (RootAllocator memory = new RootAllocator();
                VectorSchemaRoot batch = StationNetwork.newBatch(memory)) {
            new StationNetwork(seed).fill(batch, first, count);
            for (int i = 0; i < count; i++) {
                List<Object> row = new ArrayList<>();
                for (FieldVector vector : batch.getFieldVectors()) {
                    row.add(String.valueOf(vector.getObject(i)));
                }
                rows.add(row);
            }
        }
        return rows;
    }
}
