package dev.varve.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.cluster.ReplicaState;
import dev.varve.model.cluster.Role;
import dev.varve.server.wire.Json;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClusterEndpointTest {
    @Test
    void countsWhatIsThereWhatMovesAndWhatIsMissing() {
        ClusterView view = new ClusterView(
                Map.of("a", member("a", 1, true), "b", member("b", 2, true), "c", member("c", 3, false)),
                List.of(
                        Map.of("a", ReplicaState.MEMBER, "b", ReplicaState.MEMBER),
                        Map.of("a", ReplicaState.MEMBER, "c", ReplicaState.MEMBER),
                        Map.of("b", ReplicaState.BOOTSTRAP, "c", ReplicaState.MEMBER)),
                Map.of("meta/00", "a", "ingest/0", "a", "meta/01", "b"));
        JsonNode json = json(view);
        assertThat(json.path("groups").asInt()).isEqualTo(3);
        assertThat(json.path("missing").asInt()).isEqualTo(3);
        assertThat(json.path("fewest").asInt()).isZero();
        assertThat(json.path("moving").asInt()).isEqualTo(1);
        assertThat(json.path("settled").asBoolean()).isFalse();
        assertThat(json.path("nodes")).hasSize(3);
        JsonNode first = json.path("nodes").path(0);
        assertThat(first.path("id").asText()).isEqualTo("a");
        assertThat(first.path("leads").asInt()).isEqualTo(2);
        assertThat(first.path("replicas").path("member").asInt()).isEqualTo(2);
        assertThat(json.path("nodes").path(2).path("live").asBoolean()).isFalse();
        assertThat(json.path("here").path("disk").asInt()).isEqualTo(7);
    }

    @Test
    void aWholeClusterIsSettledAndOneWithoutGroupsIsNot() {
        Map<String, ClusterMember> members = Map.of("a", member("a", 1, true), "b", member("b", 2, true));
        Map<String, ReplicaState> both = Map.of("a", ReplicaState.MEMBER, "b", ReplicaState.MEMBER);
        assertThat(json(new ClusterView(members, List.of(both, both), Map.of()))
                        .path("settled")
                        .asBoolean())
                .isTrue();
        assertThat(json(new ClusterView(members, List.of(), Map.of()))
                        .path("settled")
                        .asBoolean())
                .isFalse();
    }

    private static JsonNode json(ClusterView view) {
        return new ClusterEndpoint(new ClusterEndpoint.Parts(
                        "a", 2, () -> view, () -> Json.object().put("disk", 7)))
                .json(view);
    }

    private static ClusterMember member(String id, int number, boolean isLive) {
        return new ClusterMember(id, number, "", "127.0.0.1", 4, 1, 2, 3, EnumSet.allOf(Role.class), isLive);
    }
}
