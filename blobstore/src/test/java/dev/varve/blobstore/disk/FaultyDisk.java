package dev.varve.blobstore.disk;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/** A disk that fails on command, holds fsyncs back, and at a crash forgets what was not synced. */
public final class FaultyDisk implements Disk {
    private static final int SECTOR_BYTES = 512;

    /** Length up to which each file is durable. */
    private final Map<Path, Long> synced = new HashMap<>();

    private final Semaphore forces = new Semaphore(Integer.MAX_VALUE);
    private @Nullable IOException onForce;
    private long freeBytes = Long.MAX_VALUE;
    private boolean crashed;

    /** The next fsync, and all after it, fail. */
    public synchronized void failForces() {
        onForce = new IOException("Input/output error");
    }

    /** That many bytes can still be written. */
    public synchronized void setFreeBytes(long bytes) {
        freeBytes = bytes;
    }

    /** Holds every fsync until {@link #releaseForces}. */
    public void holdForces() {
        forces.drainPermits();
    }

    public void releaseForces() {
        forces.release(Integer.MAX_VALUE);
    }

    /** Loses power: each sector written since the last fsync of its file is there or not, as chance wills. */
    public synchronized void crash(Random random) {
        crashed = true;
        synced.keySet().removeIf(Files::notExists);
        synced.forEach((path, length) -> {
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
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
    }

    @Override
    public Output output(Path file, long length) throws IOException {
        checkPower();
        Output real = REAL.output(file, length);
        synchronized (this) {
            synced.put(file, Files.size(file));
        }
        return new FaultyOutput(file, real);
    }

    @Override
    public synchronized void moveDurably(Path from, Path to) throws IOException {
        checkPower();
        REAL.moveDurably(from, to);
        Long length = synced.remove(from);
        if (length != null) {
            synced.put(to, length);
        }
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        checkPower();
        REAL.syncDirectory(directory);
    }

    private synchronized void checkPower() throws IOException {
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
                checkPower();
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
                checkPower();
                if (onForce != null) {
                    throw onForce;
                }
                real.force();
                synced.put(path, Files.size(path));
            }
        }

        @Override
        public void truncate(long length) throws IOException {
            synchronized (FaultyDisk.this) {
                checkPower();
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
