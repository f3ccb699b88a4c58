package dev.varve.blobstore.disk;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A disk that fails on command, holds fsyncs back, and at a crash forgets what was not synced: content of files, and
 * names in directories. It never really syncs, for its crashes are not real either.
 *
 * <p>A folder that a library writes past it is remembered as it was when {@link #settled} was last called for it; that is
 * what {@link #salvage} finds of it after a crash, or a later state, as chance wills.
 */
public final class FaultyDisk implements Disk {
    private static final int SECTOR_BYTES = 512;
    private static final long PLENTY = 1L << 40;

    /** Length up to which each file is durable. */
    private final Map<Path, Long> synced = new HashMap<>();

    /** Changes of names that no sync of their directory followed, oldest first. */
    private final List<NameChange> unsynced = new ArrayList<>();

    /** What is in each folder that others write, as it is known to be durable. */
    private final Map<Path, Map<String, byte[]>> settled = new HashMap<>();

    private final Semaphore forces = new Semaphore(Integer.MAX_VALUE);
    private @Nullable IOException onForce;
    private long freeBytes = Long.MAX_VALUE;
    private long stepsLeft = Long.MAX_VALUE;
    private boolean crashed;

    private interface Undo {
        void run() throws IOException;
    }

    private record NameChange(Path directory, Undo undo) {}

    /** The next fsync, and all after it, fail. */
    public synchronized void failForces() {
        onForce = new IOException("Input/output error");
    }

    /** Fsyncs work again. */
    public synchronized void mendForces() {
        onForce = null;
    }

    /** That many bytes can still be written. */
    public synchronized void setFreeBytes(long bytes) {
        freeBytes = bytes;
    }

    /** After that many more steps (writes, syncs, changes of names) the power is gone and everything fails. */
    public synchronized void cutPowerAfter(long steps) {
        stepsLeft = steps;
    }

    public synchronized boolean isCrashed() {
        return crashed;
    }

    /** Holds every fsync until {@link #releaseForces}. */
    public void holdForces() {
        forces.drainPermits();
    }

    /** Whether an fsync is being held. */
    public boolean isHolding() {
        return forces.hasQueuedThreads();
    }

    public void releaseForces() {
        forces.release(Integer.MAX_VALUE);
    }

    /**
     * Loses power: each sector written since the last fsync of its file is there or not, as chance wills; of the changes
     * to the names in a directory since its last sync, the last ones never happened.
     */
    public synchronized void crash(Random random) {
        crashed = true;
        try {
            for (Map.Entry<Path, Long> entry : synced.entrySet()) {
                loseContent(entry.getKey(), entry.getValue(), random);
            }
            Map<Path, Integer> kept = new HashMap<>();
            for (NameChange change : unsynced) {
                kept.merge(change.directory, 1, Integer::sum);
            }
            kept.replaceAll((directory, count) -> random.nextInt(count + 1));
            List<NameChange> lost = new ArrayList<>();
            for (NameChange change : unsynced) {
                if (kept.merge(change.directory, -1, Integer::sum) < 0) {
                    lost.addFirst(change);
                }
            }
            for (NameChange change : lost) {
                change.undo.run();
            }
            unsynced.clear();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void loseContent(Path path, long length, Random random) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            if (file.length() <= length) {
                return;
            }
            file.setLength(random.nextLong(length, file.length() + 1));
            byte[] nothing = new byte[SECTOR_BYTES];
            for (long at = length; at < file.length(); at = (at / SECTOR_BYTES + 1) * SECTOR_BYTES) {
                if (random.nextInt(3) == 0) {
                    long end = Math.min(file.length(), (at / SECTOR_BYTES + 1) * SECTOR_BYTES);
                    file.seek(at);
                    file.write(nothing, 0, (int) (end - at));
                }
            }
        }
    }

    @Override
    public synchronized Output output(Path file, long length) throws IOException {
        step();
        boolean isNew = !Files.exists(file);
        Output real = REAL.output(file, length);
        if (isNew) {
            remember(file, () -> Files.deleteIfExists(file));
            synced.put(file, 0L);
        } else {
            // What somebody else wrote counts as durable, unless this disk knows better.
            synced.putIfAbsent(file, Files.size(file));
        }
        return new FaultyOutput(file, real);
    }

    private void remember(Path path, Undo undo) {
        Path directory = path.toAbsolutePath().getParent();
        if (directory != null) {
            unsynced.add(new NameChange(directory, undo));
        }
    }

    @Override
    public void moveDurably(Path from, Path to) throws IOException {
        move(from, to);
        Path directory = to.toAbsolutePath().getParent();
        if (directory != null) {
            syncDirectory(directory);
        }
    }

    @Override
    public synchronized void move(Path from, Path to) throws IOException {
        step();
        byte[] replaced = Files.exists(to) ? Files.readAllBytes(to) : null;
        Long replacedLength = synced.remove(to);
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        remember(to, () -> {
            Files.move(to, from, StandardCopyOption.ATOMIC_MOVE);
            if (replaced != null) {
                Files.write(to, replaced);
            }
        });
        Long length = synced.remove(from);
        if (length != null) {
            synced.put(to, length);
        } else if (replacedLength != null) {
            synced.put(to, Files.size(to));
        }
    }

    @Override
    public synchronized void syncDirectory(Path directory) throws IOException {
        step();
        Path whole = directory.toAbsolutePath();
        unsynced.removeIf(change -> change.directory.equals(whole));
    }

    @Override
    public synchronized void delete(Path file) throws IOException {
        step();
        byte[] content;
        try {
            content = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return;
        }
        Files.delete(file);
        synced.remove(file);
        remember(file, () -> Files.write(file, content));
    }

    @Override
    public synchronized void settled(Path directory) throws IOException {
        step();
        Path whole = directory.toAbsolutePath();
        settled.put(whole, image(whole, settled.getOrDefault(whole, Map.of())));
    }

    /** The files of a folder; those that name others come first, since what they name is kept for long. */
    private static Map<String, byte[]> image(Path directory, Map<String, byte[]> before) throws IOException {
        for (int tries = 0; ; tries++) {
            Map<String, byte[]> image = new HashMap<>();
            try (Stream<Path> files = Files.list(directory)) {
                for (Path file : files.filter(Files::isRegularFile)
                        .sorted(Comparator.comparing((Path path) -> !isManifest(path)))
                        .toList()) {
                    String name = file.getFileName().toString();
                    byte[] known = name.endsWith(".sst") ? before.get(name) : null;
                    image.put(name, known != null ? known : Files.readAllBytes(file));
                }
                return image;
            } catch (NoSuchFileException e) {
                if (tries > 100) {
                    throw e;
                }
            }
        }
    }

    private static boolean isManifest(Path path) {
        String name = path.getFileName().toString();
        return name.startsWith("MANIFEST") || name.equals("CURRENT");
    }

    /** Copies what a crash left to a new directory, while those that had it open may still have it so. */
    public synchronized void salvage(Path from, Path to, Random random) throws IOException {
        boolean isOldest = random.nextInt(4) > 0;
        try (Stream<Path> walk = Files.walk(from)) {
            for (Path path : walk.sorted().toList()) {
                Path target = to.resolve(from.relativize(path));
                Path parent = path.toAbsolutePath().getParent();
                if (Files.isDirectory(path)) {
                    Files.createDirectories(target);
                    Map<String, byte[]> known = settled.get(path.toAbsolutePath());
                    if (known != null) {
                        write(target, isOldest ? known : image(path, known));
                    }
                } else if (!settled.containsKey(parent)) {
                    copy(path, target);
                }
            }
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try {
            Files.copy(from, to);
        } catch (NoSuchFileException e) {
            // A draft that was given up.
        }
    }

    private static void write(Path directory, Map<String, byte[]> files) throws IOException {
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Files.write(directory.resolve(file.getKey()), file.getValue());
        }
    }

    @Override
    public synchronized long usableBytes(Path directory) {
        return Math.min(freeBytes, PLENTY);
    }

    /** Counts what a crash may come before or after. */
    private synchronized void step() throws IOException {
        stepsLeft--;
        crashed |= stepsLeft < 0;
        if (crashed) {
            throw new IOException("no power");
        }
    }

    private final class FaultyOutput implements Output {
        private final Path path;
        private final Output real;

        FaultyOutput(Path path, Output real) {
            this.path = path;
            this.real = real;
        }

        @Override
        public void write(ByteBuffer bytes) throws IOException {
            synchronized (FaultyDisk.this) {
                step();
                if (bytes.remaining() > freeBytes) {
                    real.write(bytes.slice(bytes.position(), (int) freeBytes));
                    freeBytes = 0;
                    throw new IOException("No space left on device");
                }
                freeBytes -= freeBytes == Long.MAX_VALUE ? 0 : bytes.remaining();
                real.write(bytes);
            }
        }

        @Override
        public void force() throws IOException {
            forces.acquireUninterruptibly();
            forces.release();
            synchronized (FaultyDisk.this) {
                step();
                if (onForce != null) {
                    throw onForce;
                }
                synced.put(path, Files.size(path));
            }
        }

        @Override
        public void truncate(long length) throws IOException {
            synchronized (FaultyDisk.this) {
                step();
                real.truncate(length);
                synced.merge(path, length, Math::min);
            }
        }

        @Override
        public void close() throws IOException {
            real.close();
        }
    }
}
