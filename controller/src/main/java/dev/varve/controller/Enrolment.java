package dev.varve.controller;

import dev.varve.controller.helix.HelixCluster;
import dev.varve.controller.helix.HelixNumbers;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.util.Optional;
import java.util.UUID;

/**
 * What a node must know before it opens its disk: which cluster this is, and the node's number in it, the same for good.
 * A node with the name of another one gets that one's number; whether its disk belongs to it is for the store to find out.
 *
 * @param number 1 to 65,535
 * @param generation under which the store keeps its facts in ZooKeeper, empty unless they were restored
 */
public record Enrolment(UUID cluster, int number, String generation) {
    /** Which cluster there is, if there is one; creates nothing. */
    public static Optional<Found> look(ClusterSettings settings) {
        HelixNumbers numbers = new HelixNumbers(new HelixCluster(settings.zookeeper(), settings.name()));
        return numbers.known().map(cluster -> new Found(cluster, numbers.generation()));
    }

    /** A cluster that is there. */
    public record Found(UUID cluster, String generation) {}

    /** Asks ZooKeeper; creates the cluster if this is its first node. */
    public static Enrolment claim(ClusterSettings settings, String node) {
        if (!node.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,99}")) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "'%s' cannot name a node".formatted(node))
                    .withHint("cluster.node: letters, digits, dots and dashes, at most 100.");
        }
        HelixCluster cluster = new HelixCluster(settings.zookeeper(), settings.name());
        cluster.create(settings.groups(), settings.replicas(), settings.logs());
        HelixNumbers numbers = new HelixNumbers(cluster);
        return new Enrolment(numbers.identity(), numbers.claim(node), numbers.generation());
    }
}
