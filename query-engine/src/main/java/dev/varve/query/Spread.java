package dev.varve.query;

import dev.varve.catalog.DataFile;
import dev.varve.catalog.ScanPlan;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.query.OpenLeaves.OpenLeaf;
import dev.varve.query.plan.LeafInput;
import dev.varve.query.plan.LeafScan;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which leaves of a query are computed by several nodes, each over some of the files, and their computing.
 *
 * <p>Only leaves that reduce rows to partial aggregates, whose size does not depend on that of the files; and only files that
 * share no row with another. What other nodes compute is merged by the same SQL that merges the partial aggregates
 * of files. A part that does not come in time is computed here as well, and the first of both counts; one that fails is
 * computed here. So another node's death costs time and nothing else.
 */
final class Spread {
    private static final Logger LOG = LoggerFactory.getLogger(Spread.class);
    private static final Duration LEAST_PATIENCE = Duration.ofMillis(250);

    /** Makes this node's part of a leaf. */
    interface Local {
        ByteBuffer compute(LeafScan leaf, LeafInput input);
    }

    /** Asks another node for its part of a leaf. */
    interface Remote {
        CompletableFuture<ByteBuffer> ask(String node, int leaf, LeafScan scan, List<String> blobs);
    }

    private record Part(String node, List<DataFile> files) {}

    /** Parts of other nodes, by the leaf's number. */
    private final Map<Integer, List<Part>> parts = new LinkedHashMap<>();

    private final List<OpenLeaf> leaves;

    private Spread(List<OpenLeaf> leaves) {
        this.leaves = leaves;
    }

    static Spread of(List<OpenLeaf> leaves, Fragments fragments) {
        Spread spread = new Spread(leaves);
        for (int i = 0; i < leaves.size(); i++) {
            OpenLeaf leaf = leaves.get(i);
            if (leaf.input().leaf().reduce() != null) {
                List<Part> elsewhere = new ArrayList<>();
                fragments
                        .elsewhere(leaf.input().files().plain())
                        .forEach((node, files) -> elsewhere.add(new Part(node, files)));
                if (!elsewhere.isEmpty()) {
                    spread.parts.put(i, elsewhere);
                }
            }
        }
        return spread;
    }

    boolean isEmpty() {
        return parts.isEmpty();
    }

    /**
     * Computes all parts.
     *
     * @param scans the leaves of the plan that merges parts, in the order of the leaves
     * @return what each leaf reads; of those that were computed the results
     */
    List<LeafInput> inputs(List<LeafScan> scans, Local local, Remote remote) {
        Map<Integer, List<CompletableFuture<ByteBuffer>>> asked = new LinkedHashMap<>();
        parts.forEach((leaf, elsewhere) -> asked.put(
                leaf,
                elsewhere.stream()
                        .map(part -> remote.ask(part.node(), leaf, scans.get(leaf), blobs(part.files())))
                        .toList()));
        List<LeafInput> inputs = new ArrayList<>();
        for (int i = 0; i < leaves.size(); i++) {
            LeafInput input = leaves.get(i).input();
            LeafScan scan = scans.get(i);
            List<Part> elsewhere = parts.getOrDefault(i, List.of());
            List<CompletableFuture<ByteBuffer>> answers = asked.getOrDefault(i, List.of());
            if (elsewhere.isEmpty()) {
                inputs.add(new LeafInput(scan, input.files(), input.live()));
                continue;
            }
            long start = System.nanoTime();
            List<ByteBuffer> computed = new ArrayList<>();
            computed.add(local.compute(scan, new LeafInput(scan, rest(input.files(), elsewhere), input.live())));
            long patience = Math.max(LEAST_PATIENCE.toNanos(), 2 * (System.nanoTime() - start));
            for (int part = 0; part < elsewhere.size(); part++) {
                computed.add(result(answers.get(part), elsewhere.get(part), patience, scan, local));
            }
            inputs.add(new LeafInput(scan, input.files(), List.of(), computed));
        }
        return inputs;
    }

    private static List<String> blobs(List<DataFile> files) {
        return files.stream().map(DataFile::blob).toList();
    }

    private static ScanPlan rest(ScanPlan all, List<Part> elsewhere) {
        Set<String> gone = elsewhere.stream()
                .flatMap(part -> part.files().stream())
                .map(DataFile::blob)
                .collect(Collectors.toCollection(HashSet::new));
        return new ScanPlan(
                all.plain().stream().filter(file -> !gone.contains(file.blob())).toList(),
                all.contested(),
                all.newer(),
                all.newerLive(),
                all.skipped());
    }

    private static ByteBuffer result(
            CompletableFuture<ByteBuffer> answer, Part part, long patience, LeafScan scan, Local local) {
        try {
            return answer.get(patience, TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            LOG.info("a part of a query is late and computed here too node={}", part.node());
        } catch (ExecutionException e) {
            LOG.info("a part of a query failed and is computed here node={} cause={}", part.node(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new VarveException(ErrorCode.CANCELLED, "the query was cancelled", e);
        }
        ByteBuffer own = local.compute(
                scan, new LeafInput(scan, ScanPlan.ofPlain(part.files(), new ScanPlan.Skipped(0, 0, 0, 0)), List.of()));
        return answer.isDone() && !answer.isCompletedExceptionally() ? answer.join() : own;
    }
}
