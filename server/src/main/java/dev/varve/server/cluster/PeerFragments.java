package dev.varve.server.cluster;

import dev.varve.catalog.DataFile;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.cluster.Role;
import dev.varve.model.host.Peers;
import dev.varve.query.Fragment;
import dev.varve.query.Fragments;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Lets the nodes that hold a query's files compute parts of it.
 *
 * <p>The largest file goes first, each to that of its holders which has least to read so far.
 */
public final class PeerFragments implements Fragments {
    /** The method that other nodes answer. */
    public static final String METHOD = "query/part";

    private final Peers peers;
    private final Supplier<ClusterView> cluster;
    private final Function<String, List<String>> holders;
    private final long leastBytes;

    /**
     * @param holders of a blob, the nodes that have it on their disks
     * @param leastBytes of files that are worth asking others
     */
    public PeerFragments(
            Peers peers, Supplier<ClusterView> cluster, Function<String, List<String>> holders, long leastBytes) {
        this.peers = peers;
        this.cluster = cluster;
        this.holders = holders;
        this.leastBytes = leastBytes;
    }

    @Override
    public Map<String, List<DataFile>> elsewhere(List<DataFile> files) {
        if (files.size() < 2 || files.stream().mapToLong(DataFile::bytes).sum() < leastBytes) {
            return Map.of();
        }
        ClusterView view = cluster.get();
        Map<String, Long> loads = new TreeMap<>();
        loads.put(peers.self(), 0L);
        for (String node : view.live()) {
            if (view.members().get(node) != null
                    && view.members().get(node).roles().contains(Role.QUERY)) {
                loads.putIfAbsent(node, 0L);
            }
        }
        Map<String, List<DataFile>> spread = new TreeMap<>();
        List<DataFile> largestFirst = files.stream()
                .sorted(Comparator.comparingLong(DataFile::bytes).reversed().thenComparing(DataFile::blob))
                .toList();
        for (DataFile file : largestFirst) {
            String reader = holders.apply(file.blob()).stream()
                    .filter(loads::containsKey)
                    .min(Comparator.<String>comparingLong(node -> loads.getOrDefault(node, 0L))
                            .thenComparing(node -> node))
                    .orElse(peers.self());
            loads.merge(reader, file.bytes(), Long::sum);
            if (!reader.equals(peers.self())) {
                spread.computeIfAbsent(reader, node -> new ArrayList<>()).add(file);
            }
        }
        return spread;
    }

    @Override
    public CompletableFuture<ByteBuffer> ask(String node, Fragment fragment) {
        return peers.ask(node, METHOD, fragment.encode(), fragment.timeout());
    }

    /** Answers other nodes' parts; the computing runs on the thread that calls. */
    public static void serve(Peers peers, Function<Fragment, ByteBuffer> compute) {
        peers.serve(
                METHOD, (from, request) -> CompletableFuture.completedFuture(compute.apply(Fragment.decode(request))));
    }
}
