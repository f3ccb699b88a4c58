package dev.varve.blobstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.blobstore.CommitLog.Outcome;
import dev.varve.blobstore.disk.FaultyDisk;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LocalCommitLogTest extends CommitLogContract {
    private static final CommitLogConfig SMALL = new CommitLogConfig(10_000, 1 << 20, 1 << 16);
    private static final CommitLogConfig ONE_FILE = new CommitLogConfig(1 << 30, 1 << 20, 1 << 16);

    @TempDir
    private Path directory;

    @Override
    CommitLog open() {
        return LocalCommitLog.open(directory.resolve("log"), SMALL);
    }

    static LongStream seeds() {
        Long one = Long.getLong("varve.seed");
        return one == null ? LongStream.range(0, 20) : LongStream.of(one);
    }

    private static List<Path> segments(Path log) {
        try (Stream<Path> files = Files.list(log)) {
            return files.filter(LogSegment::isSegment).sorted().toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        for (Path segment : segments(from)) {
            Files.write(to.resolve(segment.getFileName()), Files.readAllBytes(segment));
        }
    }

    private static void assertFails(ErrorCode code, ThrowingCallable action) {
        assertThatThrownBy(action).satisfies(thrown -> {
            Throwable cause = thrown instanceof CompletionException ? thrown.getCause() : thrown;
            assertThat(cause)
                    .isInstanceOfSatisfying(
                            VarveException.class, e -> assertThat(e.code()).isEqualTo(code));
        });
    }

    private static void openAndRead(Path log) {
        try (LocalCommitLog opened = LocalCommitLog.open(log, ONE_FILE)) {
            opened.read(opened.start(), (position, bytes) -> {});
        }
    }

    /** A log that was not closed, with these batches, each fsynced for itself. */
    private Path unclosed(List<ByteBuffer> batches, CommitLogConfig config) throws IOException {
        Path closed = directory.resolve("source");
        Path image = directory.resolve("image");
        try (LocalCommitLog log = LocalCommitLog.open(closed, config)) {
            for (ByteBuffer batch : batches) {
                log.append(batch, CommitLog.ANYWHERE).join();
            }
            copy(closed, image);
        }
        return image;
    }

    @Test
    void aTailCutAtAnyByteLosesOnlyTheBatchItCuts() throws IOException {
        List<ByteBuffer> batches = List.of(bytes(1, 40), bytes(2, 0), bytes(3, 60), bytes(4, 50));
        Path image = unclosed(batches, ONE_FILE);
        byte[] whole = Files.readAllBytes(segments(image).getFirst());
        int kept = 0;
        int next = LogSegment.HEADER_BYTES;
        for (int length = LogSegment.HEADER_BYTES; length <= whole.length; length++) {
            if (kept < batches.size()
                    && length
                            == next
                                    + LogSegment.RECORD_HEADER_BYTES
                                    + batches.get(kept).remaining()) {
                next = length;
                kept++;
            }
            Path cut = directory.resolve("cut" + length);
            copy(image, cut);
            try (RandomAccessFile file =
                    new RandomAccessFile(segments(cut).getFirst().toFile(), "rw")) {
                file.setLength(length);
            }
            try (LocalCommitLog log = LocalCommitLog.open(cut, ONE_FILE)) {
                assertThat(log.end()).isEqualTo(kept);
                assertThat(contents(log, 0)).isEqualTo(batches.subList(0, kept));
                log.append(bytes(9, 30), kept).join();
            }
            try (LocalCommitLog log = LocalCommitLog.open(cut, ONE_FILE)) {
                assertThat(contents(log, 0)).hasSize(kept + 1).endsWith(bytes(9, 30));
            }
        }
    }

    @Test
    void damageToAnySyncedByteIsReportedWithFileAndOffsetAndMovesNothing() throws IOException {
        List<ByteBuffer> batches = List.of(bytes(1, 40), bytes(2, 0), bytes(3, 60));
        Path closed = directory.resolve("closed");
        try (LocalCommitLog log = LocalCommitLog.open(closed, ONE_FILE)) {
            batches.forEach(batch -> log.append(batch, CommitLog.ANYWHERE).join());
        }
        Path segment = segments(closed).getFirst();
        byte[] whole = Files.readAllBytes(segment);
        int mark = whole.length - LogSegment.RECORD_HEADER_BYTES;
        for (int at = 0; at < mark; at++) {
            byte[] damaged = whole.clone();
            damaged[at] ^= (byte) (1 << (at % 8));
            Files.write(segment, damaged);
            assertThatThrownBy(() -> openAndRead(closed))
                    .as("byte %d", at)
                    .isInstanceOfSatisfying(VarveException.class, e -> {
                        assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT);
                        assertThat(e).hasMessageContaining(segment.getFileName().toString());
                        assertThat(e).hasMessageContaining("offset");
                    });
            assertThat(Files.readAllBytes(segment)).isEqualTo(damaged);
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void damageInAnyFileIsReported(long seed) throws IOException {
        Random random = new Random(seed);
        List<ByteBuffer> batches = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            batches.add(bytes(random.nextInt(), random.nextInt(2000)));
        }
        Path image = unclosed(batches, SMALL);
        List<Path> all = segments(image);
        assertThat(all.size()).isGreaterThan(2);
        boolean isDeleted = random.nextInt(4) == 0;
        Path victim = all.get(random.nextInt(isDeleted ? all.size() : all.size() - 1));
        if (isDeleted) {
            Files.delete(victim);
            if (victim.equals(all.getFirst())) {
                return;
            }
        } else {
            byte[] bytes = Files.readAllBytes(victim);
            // Its last record only says that another file follows.
            bytes[random.nextInt(bytes.length - LogSegment.RECORD_HEADER_BYTES)] ^= (byte) (1 + random.nextInt(255));
            Files.write(victim, bytes);
        }
        assertFails(ErrorCode.CORRUPT, () -> openAndRead(image));
    }

    @Test
    void aLogWithoutItsFilesIsNotTakenForANewOne() throws IOException {
        Path path = directory.resolve("emptied");
        try (LocalCommitLog log = LocalCommitLog.open(path, SMALL)) {
            log.append(bytes(1, 10), 0).join();
        }
        for (Path segment : segments(path)) {
            Files.delete(segment);
        }
        assertFails(ErrorCode.CORRUPT, () -> openAndRead(path));
        assertThat(segments(path)).isEmpty();
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void damageOfAnOpenLogIsFoundAndGoesWithTheNextTruncation(long seed) throws IOException {
        Random random = new Random(seed);
        Path path = directory.resolve("open");
        int count = random.nextInt(60);
        try (LocalCommitLog log = LocalCommitLog.open(path, SMALL)) {
            for (int i = 0; i < count; i++) {
                log.append(bytes(i, random.nextInt(2000)), i).join();
            }
            log.verify();
            List<Path> all = segments(path);
            Path victim = all.get(random.nextInt(all.size()));
            byte[] bytes = Files.readAllBytes(victim);
            switch (random.nextInt(3)) {
                case 0 -> Files.delete(victim);
                case 1 -> Files.write(victim, Arrays.copyOf(bytes, random.nextInt(bytes.length)));
                default -> {
                    bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                    Files.write(victim, bytes);
                }
            }
            assertFails(ErrorCode.CORRUPT, log::verify);
            log.truncateBefore(count);
            log.verify();
            log.append(bytes(7, 70), count).join();
            log.verify();
        }
        try (LocalCommitLog log = LocalCommitLog.open(path, SMALL)) {
            assertThat(contents(log, log.start())).isEqualTo(List.of(bytes(7, 70)));
        }
    }

    @Test
    void aBatchThatHoldsACopyOfALogIsNotTakenForRecords() throws IOException {
        Path image = unclosed(List.of(bytes(1, 40), bytes(2, 50)), ONE_FILE);
        ByteBuffer copy = ByteBuffer.wrap(Files.readAllBytes(segments(image).getFirst()));
        Path other = directory.resolve("other");
        Path torn = directory.resolve("torn");
        try (LocalCommitLog log = LocalCommitLog.open(other, ONE_FILE)) {
            log.append(bytes(3, 10), 0).join();
            log.append(copy, 1).join();
            copy(other, torn);
        }
        Path segment = segments(torn).getFirst();
        byte[] bytes = Files.readAllBytes(segment);
        bytes[LogSegment.HEADER_BYTES + 2 * LogSegment.RECORD_HEADER_BYTES + 10]++;
        Files.write(segment, bytes);
        try (LocalCommitLog log = LocalCommitLog.open(torn, ONE_FILE)) {
            assertThat(log.end()).isEqualTo(1);
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void afterALossOfPowerEveryAcknowledgedBatchIsThereAndNoRefusedOne(long seed) {
        Random random = new Random(seed);
        Path path = directory.resolve("crashing");
        List<ByteBuffer> acknowledged = new ArrayList<>();
        for (int round = 0; round < 4; round++) {
            FaultyDisk disk = new FaultyDisk();
            List<CompletableFuture<Outcome>> answers = new ArrayList<>();
            List<ByteBuffer> sent = new ArrayList<>();
            try (LocalCommitLog log = LocalCommitLog.open(path, SMALL, disk)) {
                assertThat(contents(log, 0)).startsWith(acknowledged.toArray(ByteBuffer[]::new));
                acknowledged = contents(log, 0);
                for (int i = random.nextInt(40); i > 0; i--) {
                    if (random.nextInt(10) == 0) {
                        disk.setFreeBytes(random.nextInt(4000));
                    } else if (random.nextInt(3) == 0) {
                        disk.setFreeBytes(Long.MAX_VALUE);
                    }
                    sent.add(bytes(random.nextInt(), random.nextInt(3000)));
                    answers.add(log.append(sent.getLast(), CommitLog.ANYWHERE));
                    if (random.nextInt(4) == 0) {
                        answers.getLast()
                                .exceptionally(e -> new Outcome.Fenced(0))
                                .join();
                    }
                }
                disk.crash(random);
            }
            Map<ByteBuffer, Outcome> known = new HashMap<>();
            List<ByteBuffer> refused = new ArrayList<>();
            for (int i = 0; i < sent.size(); i++) {
                if (answers.get(i).isCompletedExceptionally()) {
                    refused.add(sent.get(i));
                } else {
                    known.put(sent.get(i), answers.get(i).join());
                }
            }
            for (ByteBuffer batch : sent) {
                if (known.get(batch) instanceof Outcome.Appended(long position)) {
                    assertThat(position).isEqualTo(acknowledged.size());
                    acknowledged.add(batch);
                }
            }
            try (LocalCommitLog log = LocalCommitLog.open(path, SMALL)) {
                assertThat(contents(log, 0))
                        .startsWith(acknowledged.toArray(ByteBuffer[]::new))
                        .doesNotContainAnyElementsOf(refused.isEmpty() ? List.of(bytes(-1, 77)) : refused);
            }
        }
    }

    @Test
    void aTornGroupIsNoDamageThoughALaterRecordOfItIsWhole() throws IOException {
        FaultyDisk disk = new FaultyDisk();
        Path path = directory.resolve("group");
        Path image = directory.resolve("group-image");
        List<CompletableFuture<Outcome>> answers = new ArrayList<>();
        try (LocalCommitLog log = LocalCommitLog.open(path, ONE_FILE, disk)) {
            log.append(bytes(0, 100), 0).join();
            disk.holdForces();
            for (int i = 1; i < 6; i++) {
                answers.add(log.append(bytes(i, 100), i));
                while (!disk.isHolding()) {
                    Thread.onSpinWait();
                }
            }
            disk.releaseForces();
            answers.forEach(CompletableFuture::join);
            copy(path, image);
        }
        // Records 2 to 5 waited for the fsync of record 1 and went to disk together.
        Path segment = segments(image).getFirst();
        byte[] bytes = Files.readAllBytes(segment);
        int record = LogSegment.RECORD_HEADER_BYTES + 100;
        bytes[LogSegment.HEADER_BYTES + 3 * record + 50]++;
        Files.write(segment, bytes);
        try (LocalCommitLog log = LocalCommitLog.open(image, ONE_FILE)) {
            assertThat(log.end()).isBetween(1L, 3L);
        }
    }

    @Test
    void aFailedFsyncEndsTheLogUntilItIsOpenedAgain() {
        FaultyDisk disk = new FaultyDisk();
        Path path = directory.resolve("failing");
        try (LocalCommitLog log = LocalCommitLog.open(path, ONE_FILE, disk)) {
            log.append(bytes(1, 10), 0).join();
            disk.failForces();
            assertThat(log.append(bytes(2, 10), 1).join()).isInstanceOf(Outcome.Unknown.class);
            assertThat(log.append(bytes(3, 10), 1).join()).isInstanceOf(Outcome.Unknown.class);
            assertThat(log.end()).isEqualTo(1);
            assertThat(contents(log, 0)).hasSize(1);
        }
        try (LocalCommitLog log = LocalCommitLog.open(path, ONE_FILE)) {
            assertThat(contents(log, 0)).startsWith(bytes(1, 10)).doesNotContain(bytes(3, 10));
            long end = log.end();
            assertThat(log.append(bytes(4, 10), end).join()).isEqualTo(new Outcome.Appended(end));
        }
    }

    @Test
    void aFullDiskRefusesAndLosesNothing() {
        FaultyDisk disk = new FaultyDisk();
        Path path = directory.resolve("full");
        try (LocalCommitLog log = LocalCommitLog.open(path, SMALL, disk)) {
            log.append(bytes(1, 9_990), 0).join();
            disk.setFreeBytes(50);
            CompletableFuture<Outcome> refused = log.append(bytes(2, 100), CommitLog.ANYWHERE);
            assertFails(ErrorCode.DISK_FULL, refused::join);
            disk.setFreeBytes(0);
            assertFails(
                    ErrorCode.DISK_FULL,
                    () -> log.append(bytes(3, 100), CommitLog.ANYWHERE).join());
            assertThat(contents(log, 0)).isEqualTo(List.of(bytes(1, 9_990)));
            disk.setFreeBytes(Long.MAX_VALUE);
            assertThat(log.append(bytes(4, 100), 1).join()).isEqualTo(new Outcome.Appended(1));
        }
        try (LocalCommitLog log = LocalCommitLog.open(path, SMALL)) {
            assertThat(contents(log, 0)).isEqualTo(List.of(bytes(1, 9_990), bytes(4, 100)));
        }
    }

    @Test
    void aFullQueueMakesCallersWait() throws InterruptedException {
        FaultyDisk disk = new FaultyDisk();
        try (LocalCommitLog log =
                LocalCommitLog.open(directory.resolve("queue"), new CommitLogConfig(1 << 20, 1000, 1 << 20), disk)) {
            disk.holdForces();
            CompletableFuture<Outcome> first = log.append(bytes(1, 600), CommitLog.ANYWHERE);
            CompletableFuture<CompletableFuture<Outcome>> second = new CompletableFuture<>();
            Thread caller =
                    Thread.ofPlatform().start(() -> second.complete(log.append(bytes(2, 600), CommitLog.ANYWHERE)));
            while (caller.isAlive() && caller.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            assertThat(second).isNotDone();
            disk.releaseForces();
            assertThat(first.join()).isEqualTo(new Outcome.Appended(0));
            assertThat(second.join().join()).isEqualTo(new Outcome.Appended(1));
            caller.join();
        }
    }

    @Test
    void truncationDeletesWholeFiles() {
        Path path = directory.resolve("truncated");
        try (LocalCommitLog log = LocalCommitLog.open(path, SMALL)) {
            for (int i = 0; i < 50; i++) {
                log.append(bytes(i, 3000), i).join();
            }
            int before = segments(path).size();
            log.truncateBefore(25);
            assertThat(log.start()).isBetween(21L, 25L);
            assertThat(segments(path).size()).isLessThan(before);
            assertThat(contents(log, 25)).hasSize(25);
            log.truncateBefore(50);
            assertThat(log.start()).isEqualTo(50);
            assertThat(segments(path)).hasSize(1);
            assertThatThrownBy(() -> log.read(49, (position, bytes) -> {}))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aDirectoryHasOneOwner() throws IOException, InterruptedException {
        Path path = directory.resolve("owned");
        try (LocalCommitLog log = LocalCommitLog.open(path, SMALL)) {
            assertThatThrownBy(() -> LocalCommitLog.open(path, SMALL)).hasMessageContaining("in use by this process");
            Process other = new ProcessBuilder(
                            ProcessHandle.current().info().command().orElseThrow(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            "-XX:TieredStopAtLevel=1",
                            OpensLog.class.getName(),
                            path.toString())
                    .redirectErrorStream(true)
                    .start();
            String said = new String(other.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            other.waitFor();
            assertThat(said)
                    .contains("in use by process " + ProcessHandle.current().pid());
            log.append(bytes(1, 1), 0).join();
        }
        LocalCommitLog.open(path, SMALL).close();
    }

    /** Opens a log as another process does. */
    static final class OpensLog {
        private OpensLog() {}

        public static void main(String[] args) {
            LocalCommitLog.open(Path.of(args[0]), SMALL).close();
        }
    }
}
