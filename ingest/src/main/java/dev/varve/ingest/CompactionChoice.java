package dev.varve.ingest;

import dev.varve.catalog.DataFile;
import dev.varve.catalog.Snapshot;
import dev.varve.model.TimeGrain;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Decides which files to merge; used by one thread. */
final class CompactionChoice {
    private static final int MOST_FILES = 16;
    private static final int ENOUGH_FILES = 4;

    private final IngestConfig config;
    /** When a file was first seen: files do not say how old they are. */
    private final Map<String, Long> seenMillis = new HashMap<>();

    /** Files of one time bucket. */
    private record Bucket(TimeGrain grain, int number) {}

    CompactionChoice(IngestConfig config) {
        this.config = config;
    }

    /** The files to merge, in order of run, lowest first; empty when there is nothing to do. */
    List<DataFile> choose(Snapshot snapshot, long nowMillis) {
        remember(snapshot, nowMillis);
        Map<Bucket, List<DataFile>> buckets = snapshot.files().stream()
                .collect(Collectors.groupingBy(file -> new Bucket(file.grain(), file.bucket())));
        List<DataFile> best = List.of();
        for (List<DataFile> files : buckets.values()) {
            List<DataFile> chosen = snapshot.schema().isKeyed()
                    ? keyed(snapshot, files, nowMillis)
                    : small(files.stream()
                            .filter(this::isSmall)
                            .sorted(Comparator.comparingLong(DataFile::run))
                            .toList());
            if (chosen.size() > best.size()) {
                best = chosen;
            }
        }
        return best;
    }

    private void remember(Snapshot snapshot, long nowMillis) {
        String prefix = snapshot.dataset().location() + "/";
        Set<String> present = new HashSet<>();
        for (DataFile file : snapshot.files()) {
            present.add(file.blob());
            seenMillis.putIfAbsent(file.blob(), nowMillis);
        }
        seenMillis.keySet().removeIf(blob -> blob.startsWith(prefix) && !present.contains(blob));
    }

    private boolean isSmall(DataFile file) {
        return file.bytes() < config.fileMaxBytes() / 2;
    }

    private List<DataFile> small(List<DataFile> files) {
        List<DataFile> chosen = new ArrayList<>();
        long rows = 0;
        for (DataFile file : files) {
            rows += file.rows();
            if (chosen.size() == MOST_FILES || rows > config.compactionMaxRows()) {
                break;
            }
            chosen.add(file);
        }
        return chosen.size() >= ENOUGH_FILES ? chosen : List.of();
    }

    /** The newest runs, as many as may be merged at once, if they overlap or are many. */
    private List<DataFile> keyed(Snapshot snapshot, List<DataFile> files, long nowMillis) {
        TreeMap<Long, List<DataFile>> runs =
                files.stream().collect(Collectors.groupingBy(DataFile::run, TreeMap::new, Collectors.toList()));
        List<List<DataFile>> chosen = new ArrayList<>();
        long rows = 0;
        int count = 0;
        for (List<DataFile> run : runs.descendingMap().values()) {
            rows += run.stream().mapToLong(DataFile::rows).sum();
            count += run.size();
            if (!chosen.isEmpty() && (count > MOST_FILES || rows > config.compactionMaxRows())) {
                break;
            }
            chosen.addFirst(run);
        }
        List<DataFile> input = chosen.stream().flatMap(List::stream).toList();
        boolean isYoung = input.stream()
                .anyMatch(file -> nowMillis - seenMillis.getOrDefault(file.blob(), nowMillis)
                        < config.compactionMinAge().toMillis());
        boolean isWorthwhile =
                overlap(chosen) || input.stream().filter(this::isSmall).count() >= ENOUGH_FILES;
        return chosen.size() < 2 || isYoung || !isWorthwhile || isInterrupted(snapshot, input) ? List.of() : input;
    }

    private static boolean overlap(List<List<DataFile>> runs) {
        for (int i = 1; i < runs.size(); i++) {
            List<DataFile> newer = runs.get(i);
            boolean isOverlapping = runs.subList(0, i).stream()
                    .flatMap(List::stream)
                    .anyMatch(older -> newer.stream().anyMatch(file -> overlaps(older, file)));
            if (isOverlapping) {
                return true;
            }
        }
        return false;
    }

    private static boolean overlaps(DataFile left, DataFile right) {
        return left.firstMicros() <= right.lastMicros() && right.firstMicros() <= left.lastMicros();
    }

    /** Whether a file of another bucket's grain lies in time across the input and in the order of runs inside it. */
    private static boolean isInterrupted(Snapshot snapshot, List<DataFile> input) {
        Set<DataFile> own = new HashSet<>(input);
        long first = input.getFirst().run();
        long last = input.getLast().run();
        Stream<DataFile> between = snapshot.files().stream()
                .filter(file -> !own.contains(file) && file.run() > first && file.run() < last);
        return between.anyMatch(file -> input.stream().anyMatch(candidate -> overlaps(candidate, file)));
    }
}
