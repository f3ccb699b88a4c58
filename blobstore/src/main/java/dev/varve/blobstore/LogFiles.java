package dev.varve.blobstore;

import dev.varve.blobstore.disk.Disk;
import dev.varve.blobstore.disk.FileWindow;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of a commit log, the last of which is written. {@link LogSegment} is their format; {@code BEGUN}, empty, tells a
 * log that lost its files from one that never had any.
 *
 * <p>Reading is thread-safe; all else belongs to one thread, the log's writer.
 */
final class LogFiles implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogFiles.class);
    private static final String BEGUN = "BEGUN";
    private static final int STAGING_BYTES = 1 << 20;

    private final Path directory;
    private final Disk disk;
    private final ByteBuffer staging = ByteBuffer.allocateDirect(STAGING_BYTES);
    private final long firstEnd;

    /**
     * What readers go by.
     *
     * @param synced how much of the last file is durable
     */
    private record State(List<LogSegment> segments, long synced) {
        LogSegment last() {
            return segments.getLast();
        }
    }

    private volatile State state;
    private Disk.Output output;
    private long length;
    private boolean marked;

    private LogFiles(Path directory, Disk disk, List<LogSegment> segments, Disk.Output output, LogSegment.Tail tail) {
        this.directory = directory;
        this.disk = disk;
        this.state = new State(List.copyOf(segments), tail.offset());
        this.output = output;
        this.length = tail.offset();
        this.marked = tail.isMarked();
        this.firstEnd = tail.position();
    }

    /** Finds the files in a directory, or makes the first, and cuts a torn tail; what can be read then is durable. */
    static LogFiles open(Path directory, Disk disk) throws IOException {
        List<LogSegment> segments = find(directory);
        Path begun = directory.resolve(BEGUN);
        if (segments.isEmpty()) {
            if (Files.exists(begun)) {
                throw missing(directory.resolve("log-*.seg"), "the log has begun, but has no file");
            }
            segments.add(create(disk, directory, 0));
        }
        if (!Files.exists(begun)) {
            disk.output(begun, 0).close();
        }
        LogSegment last = segments.getLast();
        LogSegment.Tail tail = findTail(last);
        if (tail.isFollowed()) {
            throw missing(
                    directory.resolve(LogSegment.fileName(tail.position())),
                    last.path().getFileName() + " says that it follows");
        }
        Disk.Output output = disk.output(last.path(), tail.offset());
        try {
            output.truncate(tail.offset());
            // What was read is about to be relied on, also where the process died before its fsync.
            output.force();
            disk.syncDirectory(directory);
        } catch (IOException e) {
            output.close();
            throw e;
        }
        return new LogFiles(directory, disk, segments, output, tail);
    }

    private static VarveException missing(Path file, String reason) {
        return new VarveException(ErrorCode.CORRUPT, "commit log file " + file + " is missing: " + reason)
                .withHint("nothing was changed; restore the file from a copy");
    }

    private static List<LogSegment> find(Path directory) throws IOException {
        List<LogSegment> segments = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                if (LogSegment.isSegment(file)) {
                    segments.add(LogSegment.open(file));
                } else if (file.toString().endsWith(".new")) {
                    Files.delete(file);
                }
            }
        }
        segments.sort(Comparator.comparingLong(LogSegment::base));
        return segments;
    }

    private static LogSegment.Tail findTail(LogSegment last) throws IOException {
        try (FileWindow file = new FileWindow(last.path(), LogSegment.WINDOW_BYTES)) {
            LogSegment.Tail tail = last.read(file, Long.MAX_VALUE, Long.MAX_VALUE, (position, bytes) -> {});
            if (tail.offset() < file.size()) {
                if (last.wasSynced(file, tail.offset())) {
                    throw LogSegment.corrupt(last.path(), tail.offset());
                }
                LOG.warn(
                        "cut a torn tail of the commit log file={} offset={} bytes={}",
                        last.path(),
                        tail.offset(),
                        file.size() - tail.offset());
            }
            return tail;
        }
    }

    private static LogSegment create(Disk disk, Path directory, long base) throws IOException {
        Path path = directory.resolve(LogSegment.fileName(base));
        Path draft = directory.resolve(path.getFileName() + ".new");
        LogSegment segment =
                new LogSegment(path, base, ThreadLocalRandom.current().nextInt());
        try {
            try (Disk.Output out = disk.output(draft, 0)) {
                out.truncate(0);
                out.write(segment.header());
                out.force();
            }
            disk.moveDurably(draft, path);
        } catch (IOException e) {
            Files.deleteIfExists(draft);
            throw e;
        }
        return segment;
    }

    /** The position after the last batch that was found when the files were opened. */
    long firstEnd() {
        return firstEnd;
    }

    /** The first position that can be read. */
    long start() {
        return state.segments.getFirst().base();
    }

    // -- reading

    void read(long from, long until, CommitLog.Reader reader) {
        List<LogSegment> now = state.segments;
        if (from < now.getFirst().base()) {
            throw new IllegalArgumentException("position " + from + " is before the start "
                    + now.getFirst().base());
        }
        for (int i = 0; i < now.size(); i++) {
            LogSegment segment = now.get(i);
            long limit = i + 1 < now.size() ? Math.min(until, now.get(i + 1).base()) : until;
            if (limit > from) {
                LogSegment.Tail tail = read(segment, from, limit, reader);
                if (tail.position() < limit) {
                    throw LogSegment.corrupt(segment.path(), tail.offset());
                }
            }
        }
    }

    private static LogSegment.Tail read(LogSegment segment, long from, long limit, CommitLog.Reader reader) {
        try (FileWindow file = new FileWindow(segment.path(), LogSegment.WINDOW_BYTES)) {
            if (!segment.isHeaderOf(file)) {
                throw LogSegment.corrupt(segment.path(), 0);
            }
            return segment.read(file, from, limit, reader);
        } catch (FileNotFoundException e) {
            throw missing(segment.path(), "it was there before");
        } catch (IOException e) {
            throw Disk.failure("read " + segment.path(), e);
        }
    }

    /** Reads every byte that is durable; throws {@code CORRUPT} at the first file that is not what was written. */
    void verify(long end) {
        State before = state;
        for (int i = 0; i < before.segments.size(); i++) {
            LogSegment segment = before.segments.get(i);
            try {
                LogSegment.Tail tail = read(segment, Long.MAX_VALUE, Long.MAX_VALUE, (position, bytes) -> {});
                boolean isWhole = segment.equals(before.last())
                        ? tail.position() >= end && tail.offset() >= before.synced
                        : tail.position() == before.segments.get(i + 1).base() && tail.offset() == size(segment);
                if (!isWhole) {
                    throw LogSegment.corrupt(segment.path(), tail.offset());
                }
            } catch (VarveException e) {
                // Unless it was forgotten meanwhile.
                if (state.segments.contains(segment)) {
                    throw e;
                }
            }
        }
    }

    private static long size(LogSegment segment) {
        try {
            return Files.size(segment.path());
        } catch (IOException e) {
            throw Disk.failure("read " + segment.path(), e);
        }
    }

    // -- writing

    /** Length of the last file, with what is not durable yet. */
    long length() {
        return length;
    }

    /** Whether nothing was written since the last mark. */
    boolean isMarked() {
        return marked;
    }

    /** Whether the last file has no batch. */
    boolean isLastEmpty(long end) {
        return end == state.last().base();
    }

    /** Adds a batch; all below {@code synced} is durable. Reaches the file with {@link #flush}. */
    void add(ByteBuffer batch, long position, long synced, int crc) throws IOException {
        if (staging.remaining() < LogSegment.RECORD_HEADER_BYTES) {
            flush();
        }
        state.last().putRecordHeader(staging, batch.remaining(), position, synced, crc);
        stage(batch);
    }

    /** Copies small batches together, and heap ones off the heap; a large direct buffer is written from where it is. */
    private void stage(ByteBuffer batch) throws IOException {
        if (batch.isDirect() && batch.remaining() >= staging.capacity()) {
            flush();
            length += batch.remaining();
            output.write(batch);
            return;
        }
        while (batch.hasRemaining()) {
            if (!staging.hasRemaining()) {
                flush();
            }
            int count = Math.min(staging.remaining(), batch.remaining());
            staging.put(batch.slice(batch.position(), count));
            batch.position(batch.position() + count);
        }
    }

    void flush() throws IOException {
        staging.flip();
        length += staging.remaining();
        try {
            output.write(staging);
        } finally {
            staging.clear();
        }
    }

    /** Makes durable what was flushed. */
    void force() throws IOException {
        output.force();
        marked = false;
        state = new State(state.segments, length);
    }

    /** After a failed write: cuts the last file, not yet durably. */
    void cutBack(long before) throws IOException {
        staging.clear();
        output.truncate(before);
        length = before;
    }

    /** Starts a new file; the one before is complete and durable, and then says that it is followed. An empty one goes. */
    void roll(long end) throws IOException {
        LogSegment next = create(disk, directory, end);
        Disk.Output begun = disk.output(next.path(), LogSegment.HEADER_BYTES);
        List<LogSegment> all = new ArrayList<>(state.segments);
        if (isLastEmpty(end)) {
            // They have the same name.
            all.removeLast();
            output.close();
        } else {
            closeFollowed(state.last(), output, end);
        }
        all.add(next);
        output = begun;
        length = LogSegment.HEADER_BYTES;
        marked = true;
        state = new State(List.copyOf(all), length);
    }

    private void closeFollowed(LogSegment segment, Disk.Output finished, long end) {
        try (finished) {
            segment.putMark(staging, end, length, true);
            try {
                finished.write(staging.flip());
                finished.force();
            } catch (IOException e) {
                // A piece of a mark would look like damage.
                finished.truncate(length);
                throw e;
            }
        } catch (IOException e) {
            LOG.warn("could not say that a file of the commit log is followed file={}", segment.path(), e);
        } finally {
            staging.clear();
        }
    }

    /** Deletes the files before the one that holds a position. */
    void deleteBefore(long position) throws IOException {
        List<LogSegment> kept = new ArrayList<>(state.segments);
        while (kept.size() > 1 && kept.get(1).base() <= position) {
            Path gone = kept.removeFirst().path();
            state = new State(List.copyOf(kept), state.synced);
            disk.delete(gone);
        }
        disk.syncDirectory(directory);
    }

    /** Marks the log as complete, so that the next start can tell damage from a torn tail everywhere. */
    void mark(long end) throws IOException {
        state.last().putMark(staging, end, length, false);
        flush();
        output.force();
    }

    @Override
    public void close() throws IOException {
        output.close();
    }
}
