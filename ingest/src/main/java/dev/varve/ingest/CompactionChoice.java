package dev.varve.ingest;

import dev.varve.catalog.DataFile;
import dev.varve.catalog.Snapshot;
import dev.varve.model.Schema;
import dev.varve.model.TimeGrain;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Decides which files to merge; used by one thread.
 *
 * <p>Files are looked at by the time bucket they are in, finest buckets first. Those of a bucket that is not worth files of
 * its own count among those of the bucket around it. There are three reasons to write files anew:
 *
 * <ul>
 *   <li><b>Many small ones</b>: at least {@link #ENOUGH_FILES} whose largest is no more than the others together. So each
 *       row is in a file at least twice as large afterwards, is rewritten no more often than the logarithm of what
 *       compaction makes of it, and the files that remain of a bucket are as few as that logarithm.
 *   <li><b>Versions</b>: files of a keyed dataset that may hold versions of the same rows, when the newer ones have grown
 *       to a share of the oldest, or nothing new has come for a while.
 *   <li><b>Denser than its bucket</b>: one file whose rows would make files of a finer grain.
 * </ul>
 *
 * <p>With a key, the output has the highest run of the input. A file outside that is newer than one inside it, no newer
 * than the output, and may share rows with the older one would lose against what it had replaced: it has to go along.
 */
final class CompactionChoice {
    private static final int MOST_FILES = 16;
    private static final int MOST_FILES_WITH_OTHERS = 48;
    private static final int ENOUGH_FILES = 4;
    /** Files of all runs but the largest file have at least this part of its rows when versions are merged early. */
    private static final int EARLY_SHARE = 4;

    private static final int QUIET_AGES = 10;
    private static final int MOST_TRIES = 8;

    private static final Comparator<DataFile> BY_RUN =
            Comparator.comparingLong(DataFile::run).thenComparing(DataFile::blob);
    private static final Comparator<DataFile> BY_ROWS =
            Comparator.comparingLong(DataFile::rows).thenComparing(DataFile::blob);

    private final IngestConfig config;

    CompactionChoice(IngestConfig config) {
        this.config = config;
    }

    /** The files to merge, in order of run, lowest first; empty when there is nothing to do. */
    List<DataFile> choose(Snapshot snapshot, long nowMillis) {
        Map<TimeBucket, List<DataFile>> buckets = byBucket(snapshot);
        for (TimeGrain grain = TimeGrain.DAY; ; grain = grain.coarser()) {
            List<DataFile> best = List.of();
            for (Map.Entry<TimeBucket, List<DataFile>> bucket : buckets.entrySet()) {
                if (bucket.getKey().grain() == grain) {
                    List<DataFile> chosen = ofBucket(snapshot, bucket.getValue(), nowMillis);
                    best = chosen.size() > best.size() ? chosen : best;
                }
            }
            if (!best.isEmpty()) {
                return best;
            }
            if (grain == TimeGrain.NONE) {
                return denserThanItsBucket(snapshot);
            }
        }
    }

    /** Each bucket's files, and those of buckets in it that are not worth files of their own. */
    private Map<TimeBucket, List<DataFile>> byBucket(Snapshot snapshot) {
        TimeCut.Worth worth = TimeCut.Worth.of(snapshot, config);
        Map<TimeBucket, Long> rows = new HashMap<>();
        for (DataFile file : snapshot.files()) {
            TimeBucket bucket = TimeBucket.of(file);
            for (; !bucket.isAllOfTime(); bucket = bucket.parent()) {
                rows.merge(bucket, file.rows(), Long::sum);
            }
        }
        Map<TimeBucket, List<DataFile>> files = new HashMap<>();
        for (DataFile file : snapshot.files()) {
            TimeBucket bucket = TimeBucket.of(file);
            files.computeIfAbsent(bucket, key -> new ArrayList<>()).add(file);
            while (!bucket.isAllOfTime() && rows.getOrDefault(bucket, 0L) < worth.of(bucket.grain())) {
                bucket = bucket.parent();
                files.computeIfAbsent(bucket, key -> new ArrayList<>()).add(file);
            }
        }
        return files;
    }

    private List<DataFile> ofBucket(Snapshot snapshot, List<DataFile> files, long nowMillis) {
        if (files.size() < 2) {
            return List.of();
        }
        boolean isKeyed = snapshot.schema().isKeyed();
        List<DataFile> small = files.stream()
                .filter(file -> file.bytes() < config.fileMaxBytes() / 2)
                .sorted(isKeyed ? BY_RUN : BY_ROWS)
                .toList();
        List<List<DataFile>> similar = similar(small);
        if (!isKeyed) {
            return similar.isEmpty()
                    ? List.of()
                    : similar.getFirst().stream().sorted(BY_RUN).toList();
        }
        for (List<DataFile> chosen : similar.subList(0, Math.min(MOST_TRIES, similar.size()))) {
            List<DataFile> whole = withThoseBetween(snapshot, chosen);
            if (isEarly(whole)) {
                return whole;
            }
        }
        return versions(snapshot, files, nowMillis);
    }

    /** Neighbours of similar size, most first. */
    private List<List<DataFile>> similar(List<DataFile> files) {
        List<List<DataFile>> found = new ArrayList<>();
        for (int from = 0; from + ENOUGH_FILES <= files.size(); from++) {
            long sum = 0;
            long most = 0;
            int end = from;
            for (int to = from; to < Math.min(files.size(), from + MOST_FILES); to++) {
                long rows = files.get(to).rows();
                sum += rows;
                most = Math.max(most, rows);
                if (sum > config.compactionMaxRows()) {
                    break;
                }
                if (to + 1 - from >= ENOUGH_FILES && sum >= 2 * most) {
                    end = to + 1;
                }
            }
            if (end > from) {
                found.add(files.subList(from, end));
            }
        }
        found.sort(Comparator.comparingInt((List<DataFile> chosen) -> chosen.size())
                .reversed());
        return found;
    }

    /** The newest files that have rested, as many as may be merged at once, if they may hold versions of the same rows. */
    private List<DataFile> versions(Snapshot snapshot, List<DataFile> files, long nowMillis) {
        List<DataFile> rested = files.stream()
                .filter(file ->
                        ageMillis(file, nowMillis) >= config.compactionMinAge().toMillis())
                .sorted(BY_RUN)
                .toList();
        long quiet = QUIET_AGES * config.compactionMinAge().toMillis();
        boolean isQuiet = files.stream().allMatch(file -> ageMillis(file, nowMillis) >= quiet);
        for (int count = Math.min(MOST_FILES, rested.size()); count >= 2; count--) {
            List<DataFile> chosen = rested.subList(rested.size() - count, rested.size());
            if (overlap(chosen)) {
                List<DataFile> whole = withThoseBetween(snapshot, chosen);
                if (!whole.isEmpty() && (isQuiet || isEarly(whole))) {
                    return whole;
                }
            }
        }
        return List.of();
    }

    /** How long ago the newest row came; what is not known is old. */
    private static long ageMillis(DataFile file, long nowMillis) {
        DataFile.ColumnBounds recorded = file.columns().get(Schema.RECORDED_AT.name());
        return recorded != null && recorded.high() instanceof Long micros
                ? nowMillis - Math.floorDiv(micros, 1_000L)
                : Long.MAX_VALUE;
    }

    private static boolean isEarly(List<DataFile> files) {
        long sum = 0;
        long most = 0;
        for (DataFile file : files) {
            sum += file.rows();
            most = Math.max(most, file.rows());
        }
        return !files.isEmpty() && (sum - most) * EARLY_SHARE >= most;
    }

    private static boolean overlap(List<DataFile> files) {
        for (int newer = 1; newer < files.size(); newer++) {
            for (int older = 0; older < newer; older++) {
                if (files.get(older).run() < files.get(newer).run() && overlaps(files.get(older), files.get(newer))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean overlaps(DataFile left, DataFile right) {
        return left.firstMicros() <= right.lastMicros() && right.firstMicros() <= left.lastMicros();
    }

    /**
     * The files and all that must go along, in order of run; empty when those are too many.
     *
     * @param chosen in order of run
     */
    private List<DataFile> withThoseBetween(Snapshot snapshot, List<DataFile> chosen) {
        long firstRun = chosen.getFirst().run();
        long lastRun = chosen.getLast().run();
        Set<DataFile> whole = new LinkedHashSet<>(chosen);
        List<DataFile> outside = new ArrayList<>();
        for (DataFile file : snapshot.files()) {
            if (file.run() > firstRun && file.run() <= lastRun && !whole.contains(file)) {
                outside.add(file);
            }
        }
        boolean isGrowing = true;
        while (isGrowing && whole.size() <= MOST_FILES_WITH_OTHERS) {
            isGrowing = outside.removeIf(file ->
                    whole.stream().anyMatch(inside -> inside.run() < file.run() && overlaps(inside, file))
                            && whole.add(file));
        }
        long rows = whole.stream().mapToLong(DataFile::rows).sum();
        return whole.size() > MOST_FILES_WITH_OTHERS || rows > config.compactionMaxRows()
                ? List.of()
                : whole.stream().sorted(BY_RUN).toList();
    }

    /** A file that would be cut if it were written today. */
    private List<DataFile> denserThanItsBucket(Snapshot snapshot) {
        TimeCut.Worth worth = TimeCut.Worth.of(snapshot, config);
        for (DataFile file : snapshot.files()) {
            for (TimeGrain grain = TimeGrain.DAY; grain.compareTo(file.grain()) > 0; grain = grain.coarser()) {
                long buckets = 1L + grain.bucketOf(file.lastMicros()) - grain.bucketOf(file.firstMicros());
                if (buckets > 1 && file.rows() / buckets >= 2 * worth.of(grain)) {
                    return List.of(file);
                }
            }
        }
        return List.of();
    }
}
