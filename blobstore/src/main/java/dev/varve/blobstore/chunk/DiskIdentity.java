package dev.varve.blobstore.chunk;

import dev.varve.blobstore.disk.Disk;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Whose disk this is, so that another's, or one that was wiped, is never taken for it.
 *
 * @param incarnation from 1; a disk that is emptied and used again gets the next
 */
public record DiskIdentity(UUID clusterId, int nodeId, UUID diskUuid, int incarnation) {
    private static final String FILE = "IDENTITY";
    private static final String BOOT_FILE = "BOOT";
    private static final String SECOND_BOOT_FILE = "BOOT2";
    private static final long MAGIC = 0x564152564549444EL;
    private static final long BOOT_MAGIC = 0x5641525645424F4FL;
    private static final int FORMAT = 1;
    private static final int BYTES = 8 + 4 + 16 + 4 + 16 + 4 + 4;
    private static final int BOOT_BYTES = 16;

    /** Added where the number of boots is lost: more than may have happened since what is known. */
    private static final int LOST_BOOTS = 1 << 16;

    private static final int MOST_LOST_BOOTS = 1 << 28;

    /** The identity of a disk, which must be that of the configuration; an empty disk gets one. */
    static DiskIdentity claim(Path directory, ChunkStoreConfig config, Disk disk) throws IOException {
        Path file = directory.resolve(FILE);
        if (!Files.exists(file)) {
            if (hasData(directory)) {
                throw new VarveException(ErrorCode.STORAGE, file + " is missing, but there are chunks in " + directory)
                        .withHint("restore the file, or move the directory away to start with an empty one");
            }
            DiskIdentity fresh = new DiskIdentity(config.clusterId(), config.nodeId(), UUID.randomUUID(), 1);
            write(disk, file, fresh.encode());
            return fresh;
        }
        DiskIdentity found = read(file);
        if (found == null) {
            throw new VarveException(ErrorCode.CORRUPT, file + " is damaged")
                    .withHint("nothing was changed; restore the file from a copy");
        }
        if (!found.clusterId.equals(config.clusterId()) || found.nodeId != config.nodeId()) {
            throw new VarveException(
                            ErrorCode.STORAGE,
                            directory + " belongs to node " + found.nodeId + " of cluster " + found.clusterId
                                    + "; this is node " + config.nodeId() + " of cluster " + config.clusterId())
                    .withHint("use this node's own data directory");
        }
        return found;
    }

    /** Whose chunks lie in a directory; empty if none do. {@code CORRUPT} if that cannot be read. */
    public static Optional<DiskIdentity> find(Path directory) {
        Path file = directory.resolve(FILE);
        try {
            if (!Files.exists(file)) {
                return Optional.empty();
            }
            DiskIdentity found = read(file);
            if (found == null) {
                throw new VarveException(ErrorCode.CORRUPT, file + " is damaged")
                        .withHint("nothing was changed; restore the file from a copy");
            }
            return Optional.of(found);
        } catch (IOException e) {
            throw Disk.failure("read " + file, e);
        }
    }

    private static boolean hasData(Path directory) throws IOException {
        for (String name : new String[] {BOOT_FILE, ChunkStore.SEGMENTS, ChunkStore.FILES}) {
            Path path = directory.resolve(name);
            if (Files.isRegularFile(path)) {
                return true;
            }
            if (Files.isDirectory(path)) {
                try (DirectoryStream<Path> content = Files.newDirectoryStream(path)) {
                    if (content.iterator().hasNext()) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private ByteBuffer encode() {
        ByteBuffer out = ByteBuffer.allocate(BYTES);
        out.putLong(MAGIC).putInt(FORMAT);
        out.putLong(clusterId.getMostSignificantBits()).putLong(clusterId.getLeastSignificantBits());
        out.putInt(nodeId);
        out.putLong(diskUuid.getMostSignificantBits()).putLong(diskUuid.getLeastSignificantBits());
        out.putInt(incarnation);
        return out.putInt(Blocks.crc(out, 0, out.position())).flip();
    }

    private static @Nullable DiskIdentity read(Path file) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file));
        if (in.remaining() != BYTES
                || in.getInt(BYTES - Integer.BYTES) != Blocks.crc(in, 0, BYTES - Integer.BYTES)
                || in.getLong() != MAGIC
                || in.getInt() != FORMAT) {
            return null;
        }
        UUID cluster = new UUID(in.getLong(), in.getLong());
        int node = in.getInt();
        return new DiskIdentity(cluster, node, new UUID(in.getLong(), in.getLong()), in.getInt());
    }

    /**
     * The number of this opening, larger than any before. It is kept twice; should both be lost, or the disk be empty, it
     * goes on at random, so that ids which others may remember do not come back.
     */
    static int nextBoot(Path directory, int highestSeen, Disk disk, MendLog mended) throws IOException {
        Integer first = readBoot(directory.resolve(BOOT_FILE));
        Integer second = readBoot(directory.resolve(SECOND_BOOT_FILE));
        int boot;
        if (first != null || second != null) {
            int last = Math.max(first != null ? first : 0, second != null ? second : 0);
            boot = Math.max(last, highestSeen) + 1;
        } else {
            boot = highestSeen + ThreadLocalRandom.current().nextInt(LOST_BOOTS, MOST_LOST_BOOTS);
        }
        boolean isUsed = first != null || second != null || highestSeen > 0;
        if (isUsed && first == null) {
            mended.add(directory.resolve(BOOT_FILE), "the boot counter was missing or damaged");
        }
        if (isUsed && second == null) {
            mended.add(directory.resolve(SECOND_BOOT_FILE), "the boot counter was missing or damaged");
        }
        write(disk, directory.resolve(BOOT_FILE), encode(boot));
        write(disk, directory.resolve(SECOND_BOOT_FILE), encode(boot));
        return boot;
    }

    private static ByteBuffer encode(int boot) {
        ByteBuffer out = ByteBuffer.allocate(BOOT_BYTES);
        out.putLong(BOOT_MAGIC).putInt(boot);
        return out.putInt(Blocks.crc(out, 0, out.position())).flip();
    }

    private static @Nullable Integer readBoot(Path file) throws IOException {
        ByteBuffer in;
        try {
            in = ByteBuffer.wrap(Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            return null;
        }
        boolean isGood =
                in.remaining() == BOOT_BYTES && in.getInt(12) == Blocks.crc(in, 0, 12) && in.getLong() == BOOT_MAGIC;
        return isGood ? in.getInt() : null;
    }

    /** Writes those of the small files again that are not what an open store has written. */
    void restore(Path directory, int boot, Disk disk, MendLog mended) throws IOException {
        Path identity = directory.resolve(FILE);
        if (!Files.exists(identity) || !equals(read(identity))) {
            write(disk, identity, encode());
            mended.add(identity, "the identity of the disk was missing or damaged");
        }
        for (String name : new String[] {BOOT_FILE, SECOND_BOOT_FILE}) {
            Path file = directory.resolve(name);
            Integer found = readBoot(file);
            if (found == null || found != boot) {
                write(disk, file, encode(boot));
                mended.add(file, "the boot counter was missing or damaged");
            }
        }
    }

    private static void write(Disk disk, Path file, ByteBuffer content) throws IOException {
        Path draft = Path.of(file + ".new");
        try (Disk.Output out = disk.output(draft, 0)) {
            out.truncate(0);
            out.write(content);
            out.force();
        }
        disk.moveDurably(draft, file);
    }
}
