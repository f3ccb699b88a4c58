package dev.varve.testkit.sim;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Files in memory that fail on command, and at a crash forget what was not synced: content of files, sector by sector, and
 * names in directories. Paths are divided by {@code /}; directories need not be made.
 */
public final class SimDisk {
    private static final int SECTOR_BYTES = 512;

    private static final class Content {
        byte[] bytes = new byte[64];
        int length;
        int synced;

        void write(ByteBuffer from) {
            int count = from.remaining();
            if (length + count > bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.max(length + count, bytes.length * 2));
            }
            from.get(bytes, length, count);
            length += count;
        }
    }

    private record NameChange(String directory, Runnable undo) {}

    private final SplittableRandom random;
    private final Map<String, Content> files = new TreeMap<>();
    /** Changes of names that no sync of their directory followed, oldest first. */
    private final List<NameChange> unsynced = new ArrayList<>();

    private long freeBytes = Long.MAX_VALUE;
    private long stepsLeft = Long.MAX_VALUE;
    private boolean failsForces;
    private boolean hasPower = true;
    private int slowness = 1;
    private Optional<Happening> ailment = Optional.empty();
    private boolean hasLost;
    private boolean hasTorn;

    SimDisk(SplittableRandom random) {
        this.random = random;
    }

    /** That many bytes can still be written. */
    public void setFreeBytes(long bytes) {
        freeBytes = bytes;
    }

    public long freeBytes() {
        return freeBytes;
    }

    /** Fsyncs fail from now on, or work again. */
    public void failForces(boolean fails) {
        failsForces = fails;
    }

    /** After that many more changes and syncs the power is gone, also in the middle of a task. */
    public void cutPowerAfter(long steps) {
        stepsLeft = steps;
    }

    /** Whether the power is gone, or soon will be. */
    boolean losesPower() {
        return !hasPower || stepsLeft < Long.MAX_VALUE;
    }

    /** How many times as long as usual each call takes. */
    public void setSlowness(int times) {
        slowness = times;
    }

    int slowness() {
        return slowness;
    }

    /** Why a call has just failed. */
    Optional<Happening> ailment() {
        return ailment;
    }

    /** Turns a bit of what is synced, if there is any. */
    public boolean flipBit() {
        List<Content> written =
                files.values().stream().filter(content -> content.synced > 0).toList();
        if (written.isEmpty()) {
            return false;
        }
        Content content = written.get(random.nextInt(written.size()));
        content.bytes[random.nextInt(content.synced)] ^= (byte) (1 << random.nextInt(Byte.SIZE));
        return true;
    }

    /**
     * Loses power: each sector written since the last sync of its file is there or not, as chance wills; of the changes to
     * the names in a directory since its last sync, the last ones never happened.
     */
    public void crash() {
        hasPower = false;
        files.values().forEach(this::loseContent);
        Map<String, Integer> kept = new HashMap<>();
        unsynced.forEach(change -> kept.merge(change.directory, 1, Integer::sum));
        // In an order that the seed decides, not that of a hash.
        new TreeMap<>(kept).forEach((directory, count) -> kept.put(directory, random.nextInt(count + 1)));
        List<NameChange> lost = new ArrayList<>();
        for (NameChange change : unsynced) {
            if (kept.merge(change.directory, -1, Integer::sum) < 0) {
                lost.addFirst(change);
            }
        }
        hasLost |= !lost.isEmpty();
        lost.forEach(change -> change.undo.run());
        unsynced.clear();
    }

    /** Whether a crash has taken what was not synced. */
    boolean hasLost() {
        return hasLost;
    }

    /** Whether a crash has left a part of what was not synced. */
    boolean hasTorn() {
        return hasTorn;
    }

    void powerOn() {
        hasPower = true;
        stepsLeft = Long.MAX_VALUE;
    }

    private void loseContent(Content content) {
        if (content.length <= content.synced) {
            return;
        }
        int written = content.length;
        content.length = random.nextInt(content.synced, written + 1);
        hasLost |= content.length < written;
        hasTorn |= content.length > content.synced && content.length < written;
        for (int at = content.synced; at < content.length; at = (at / SECTOR_BYTES + 1) * SECTOR_BYTES) {
            if (random.nextInt(3) == 0) {
                hasTorn = true;
                Arrays.fill(
                        content.bytes, at, Math.min(content.length, (at / SECTOR_BYTES + 1) * SECTOR_BYTES), (byte) 0);
            }
        }
        // What came through the crash is on the disk.
        content.synced = content.length;
    }

    /** Writes at the end of a file, which is made if it is not there. A full disk takes what fits. */
    public void append(String file, ByteBuffer bytes) throws IOException {
        step();
        Content content = files.get(file);
        if (content == null) {
            content = new Content();
            files.put(file, content);
            remember(file, () -> files.remove(file));
        }
        if (bytes.remaining() > freeBytes) {
            content.write(bytes.slice(bytes.position(), (int) freeBytes));
            freeBytes = 0;
            ailment = Optional.of(Happening.FULL_DISK);
            throw new IOException("No space left on device");
        }
        freeBytes -= freeBytes == Long.MAX_VALUE ? 0 : bytes.remaining();
        content.write(bytes);
    }

    public void truncate(String file, long length) throws IOException {
        step();
        Content content = found(file);
        content.length = (int) length;
        content.synced = Math.min(content.synced, content.length);
    }

    /** Makes a file's content durable. */
    public void force(String file) throws IOException {
        step();
        if (failsForces) {
            ailment = Optional.of(Happening.FAILED_SYNC);
            throw new IOException("Input/output error");
        }
        Content content = found(file);
        content.synced = content.length;
    }

    public void move(String from, String to) throws IOException {
        step();
        Content content = found(from);
        Content replaced = files.get(to);
        files.remove(from);
        files.put(to, content);
        remember(to, () -> {
            files.remove(to);
            files.put(from, content);
            if (replaced != null) {
                files.put(to, replaced);
            }
        });
    }

    public void delete(String file) throws IOException {
        step();
        Content content = files.remove(file);
        if (content != null) {
            remember(file, () -> files.put(file, content));
        }
    }

    /** Makes the names in a directory durable. */
    public void forceNames(String directory) throws IOException {
        step();
        if (failsForces) {
            ailment = Optional.of(Happening.FAILED_SYNC);
            throw new IOException("Input/output error");
        }
        unsynced.removeIf(change -> change.directory.equals(directory));
    }

    /** A copy. */
    public ByteBuffer read(String file) throws IOException {
        Content content = found(file);
        return ByteBuffer.wrap(Arrays.copyOf(content.bytes, content.length));
    }

    public boolean exists(String file) {
        return files.containsKey(file);
    }

    /** The files of a directory, in order. */
    public List<String> list(String directory) {
        return files.keySet().stream()
                .filter(file -> directoryOf(file).equals(directory))
                .toList();
    }

    private Content found(String file) throws IOException {
        Content content = files.get(file);
        if (content == null) {
            throw new FileNotFoundException(file);
        }
        return content;
    }

    private void remember(String file, Runnable undo) {
        unsynced.add(new NameChange(directoryOf(file), undo));
    }

    private static String directoryOf(String file) {
        return file.substring(0, Math.max(0, file.lastIndexOf('/')));
    }

    /** Counts what a loss of power may come before or after. */
    private void step() throws IOException {
        ailment = Optional.empty();
        hasPower &= stepsLeft-- > 0;
        if (!hasPower) {
            ailment = Optional.of(Happening.POWER_CUT);
            throw new IOException("no power");
        }
    }
}
