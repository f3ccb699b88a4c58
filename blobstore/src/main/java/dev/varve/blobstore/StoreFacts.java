package dev.varve.blobstore;

import dev.varve.blobstore.shared.Pointer;
import dev.varve.blobstore.zookeeper.ZooKeeperFacts;
import dev.varve.blobstore.zookeeper.ZooKeeperSession;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What a cluster's store keeps in ZooKeeper: the register of each log, and of each group who had it first. All of it is made
 * with the cluster, and only then: where it is missing later it is lost. Thread-safe.
 */
public final class StoreFacts {
    private static final Duration SESSION = Duration.ofSeconds(4);

    private final ZooKeeperFacts facts;
    private final String root;

    StoreFacts(ZooKeeperSession session, String root) {
        this.facts = new ZooKeeperFacts(session);
        this.root = root;
    }

    /** What to do with the facts while there is a connection. */
    public interface Work<T> {
        T with(StoreFacts facts);
    }

    /**
     * Connects for as long as some work takes.
     *
     * @param zookeeper {@code host:port,…}
     * @param root above all that the store keeps there
     */
    public static <T> T with(String zookeeper, String root, Work<T> work) {
        try (ZooKeeperSession session = ZooKeeperSession.open(zookeeper, SESSION)) {
            return work.with(new StoreFacts(session, root));
        }
    }

    /** Where the register of a log is. */
    static String register(String root, String log) {
        return root + "/logs/" + log.replace('/', '-');
    }

    private String groups() {
        return root + "/groups";
    }

    /** Makes the facts of a new cluster; those that are there stay. */
    public void create(List<String> logs) {
        for (String log : logs) {
            byte[] ignored = facts.createIfAbsent(register(root, log), bytes(Pointer.START));
        }
        byte[] ignored = facts.createIfAbsent(groups(), new byte[0]);
    }

    /** Those of the logs that have no register. */
    public List<String> missing(List<String> logs) {
        return logs.stream()
                .filter(log -> facts.get(register(root, log)).isEmpty())
                .toList();
    }

    /** Whether what is here of a log tells less of it than a node has seen, so that it is not what it was. */
    public boolean isBehind(RecoveredLog log) {
        Optional<Pointer> pointer =
                facts.get(register(root, log.name())).map(bytes -> Pointer.decoded(ByteBuffer.wrap(bytes)));
        return pointer.isEmpty() || pointer.get().end() < log.applied();
    }

    /** Writes the facts of a cluster that were lost; nobody may use this root yet. */
    public void restore(List<RecoveredLog> logs, Collection<Integer> bornGroups) {
        create(logs.stream().map(RecoveredLog::name).toList());
        for (RecoveredLog log : logs) {
            facts.set(register(root, log.name()), bytes(log.pointer()));
        }
        for (int group : bornGroups) {
            // Nobody's claim: the group had a first member, and there shall be no other.
            UUID ignored = first(group, UUID.randomUUID());
        }
    }

    /** The claim to be a group's first member that came first. */
    UUID first(int group, UUID claim) {
        if (facts.get(groups()).isEmpty()) {
            throw new VarveException(ErrorCode.NOT_READY, "zookeeper has lost " + groups())
                    .withHint("stop all nodes and see: varve admin recover-pointers --help");
        }
        byte[] fact =
                facts.createIfAbsent(groups() + "/" + group, claim.toString().getBytes(StandardCharsets.US_ASCII));
        return UUID.fromString(new String(fact, StandardCharsets.US_ASCII));
    }

    private static byte[] bytes(Pointer pointer) {
        ByteBuffer encoded = pointer.encoded();
        byte[] bytes = new byte[encoded.remaining()];
        encoded.get(bytes);
        return bytes;
    }
}
