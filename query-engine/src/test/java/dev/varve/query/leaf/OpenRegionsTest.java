package dev.varve.query.leaf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.model.space.Everywhere;
import dev.varve.model.space.Region;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OpenRegionsTest {
    @Test
    void aRegionStaysUntilTheLastRunOfAPlanEnds() {
        OpenRegions regions = new OpenRegions();
        Map<Long, Region> ofPlan = Map.of(7L, new Everywhere());
        regions.open(ofPlan);
        regions.open(ofPlan);
        regions.close(ofPlan);
        assertThat(regions.get(7)).isEqualTo(new Everywhere());
        regions.close(ofPlan);
        assertThat(regions.isEmpty()).isTrue();
    }
}
