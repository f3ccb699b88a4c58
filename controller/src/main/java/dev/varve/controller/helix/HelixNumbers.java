package dev.varve.controller.helix;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.helix.AccessOption;
import org.apache.helix.BaseDataAccessor;
import org.apache.helix.PropertyPathBuilder;
import org.apache.helix.zookeeper.datamodel.ZNRecord;
import org.jspecify.annotations.Nullable;

/**
 * The cluster's identity and its nodes' numbers, each given once and for good.
 *
 * <p>A number belongs to the node whose name is in its znode, which is created if absent and never changed or deleted, not
 * even when the node is removed; a second znode by the node's name only saves the search. Both lie in Helix's property
 * store, which Helix leaves to its users.
 */
public record HelixNumbers(HelixCluster cluster) {
    static final int MOST = 65_535;
    private static final String VALUE = "value";
    private static final String GENERATION = "generation";
    /** No name of a node. */
    private static final String RESERVED = "-";

    /** The identity that the first node gave to the cluster. */
    public UUID identity() {
        String[] found = new String[1];
        cluster.withData(data -> found[0] =
                createIfAbsent(data, path("cluster"), UUID.randomUUID().toString()));
        return UUID.fromString(found[0]);
    }

    /** The identity, if somebody gave it one. */
    public Optional<UUID> known() {
        return Optional.ofNullable(readOne("cluster")).map(UUID::fromString);
    }

    /** Under which name the store keeps its facts since they were last restored; empty if they never were. */
    public String generation() {
        String found = readOne(GENERATION);
        return found == null ? "" : found;
    }

    private @Nullable String readOne(String name) {
        List<String> found = new ArrayList<>();
        cluster.withData(data -> {
            String value = read(data, path(name));
            if (value != null) {
                found.add(value);
            }
        });
        return found.isEmpty() ? null : found.getFirst();
    }

    /** Gives numbers back to nodes that had them. */
    public void restore(Map<String, Integer> numbers) {
        cluster.withData(data -> numbers.forEach((node, number) -> {
            String owner = createIfAbsent(data, path("numbers/%05d".formatted(number)), node);
            int own = owner.equals(node) ? register(data, node, number) : 0;
            if (own != number) {
                throw new VarveException(
                                ErrorCode.CONFLICT,
                                "number %d of node %s has been given to %s in cluster %s"
                                        .formatted(
                                                number, node, own == 0 ? owner : "it again, as " + own, cluster.name()))
                        .withHint("begin with an empty ZooKeeper, or with another cluster.name");
            }
        }));
    }

    /** Never gives a number up to this one to a node that has none yet. */
    public void reserve(int highest) {
        cluster.withData(data -> {
            String ignored = createIfAbsent(data, path("numbers/%05d".formatted(highest)), RESERVED);
        });
    }

    /** Makes restored facts count, and the cluster be there. */
    public void restore(UUID identity, String generation) {
        cluster.withData(data -> {
            ZNRecord record = new ZNRecord(VALUE);
            record.setSimpleField(VALUE, generation);
            if (!data.set(path(GENERATION), record, AccessOption.PERSISTENT)) {
                throw cluster.unreachable(new IllegalStateException("cannot write " + path(GENERATION)));
            }
            String found = createIfAbsent(data, path("cluster"), identity.toString());
            if (!found.equals(identity.toString())) {
                throw new VarveException(
                                ErrorCode.CONFLICT,
                                "there is another cluster %s at ZooKeeper %s: %s, not %s"
                                        .formatted(cluster.name(), cluster.zookeeper(), found, identity))
                        .withHint("begin with an empty ZooKeeper, or with another cluster.name");
            }
        });
    }

    /** The number of the node; a new one for a name that was never there. */
    public int claim(String node) {
        int[] claimed = new int[1];
        cluster.withData(data -> {
            String known = read(data, path("nodes/" + node));
            claimed[0] = known == null ? firstClaim(data, node) : Integer.parseInt(known);
        });
        return claimed[0];
    }

    private int firstClaim(BaseDataAccessor<ZNRecord> data, String node) {
        List<String> taken = data.getChildNames(path("numbers"), AccessOption.PERSISTENT);
        int highest = 0;
        for (String number : taken == null ? List.<String>of() : taken) {
            // A claim that ended in the middle left its number behind.
            if (node.equals(read(data, path("numbers/" + number)))) {
                return register(data, node, Integer.parseInt(number));
            }
            highest = Math.max(highest, Integer.parseInt(number));
        }
        for (int number = highest + 1; number <= MOST; number++) {
            if (createIfAbsent(data, path("numbers/%05d".formatted(number)), node)
                    .equals(node)) {
                return register(data, node, number);
            }
        }
        throw new VarveException(
                        ErrorCode.NOT_READY,
                        "cluster %s has had %d nodes and has no number left".formatted(cluster.name(), MOST))
                .withHint("Start the node under the name of one that was removed.");
    }

    /** Of two claims at once under one name the first counts. */
    private int register(BaseDataAccessor<ZNRecord> data, String node, int number) {
        return Integer.parseInt(createIfAbsent(data, path("nodes/" + node), Integer.toString(number)));
    }

    /** The value that is there afterwards. */
    private String createIfAbsent(BaseDataAccessor<ZNRecord> data, String path, String value) {
        ZNRecord record = new ZNRecord(VALUE);
        record.setSimpleField(VALUE, value);
        // False may also mean that the answer was lost: what is there tells.
        boolean ignored = data.create(path, record, AccessOption.PERSISTENT);
        String found = read(data, path);
        if (found == null) {
            throw cluster.unreachable(new IllegalStateException("cannot create " + path));
        }
        return found;
    }

    private static @Nullable String read(BaseDataAccessor<ZNRecord> data, String path) {
        ZNRecord record = data.get(path, null, AccessOption.PERSISTENT);
        return record == null ? null : record.getSimpleField(VALUE);
    }

    private String path(String relative) {
        return PropertyPathBuilder.propertyStore(cluster.name()) + "/varve/" + relative;
    }
}
