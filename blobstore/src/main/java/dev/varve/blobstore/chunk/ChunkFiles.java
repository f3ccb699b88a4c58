package dev.varve.blobstore.chunk;

import dev.varve.blobstore.disk.Disk;
import dev.varve.blobstore.disk.FileWindow;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Chunks that are plain files, with their checksums beside them. Thread-safe. */
final class ChunkFiles {
    static final String SUFFIX = ".parquet";
    static final String SIDECAR_SUFFIX = ".crc";
    private static final int SIDECARS_KEPT = 64;
    private static final int READ_BYTES = 16 * Blocks.BYTES;

    private final Disk disk;
    private final Path folder;

    /** Read or written whole and found right since the store was opened. */
    private final Set<ChunkId> verified = ConcurrentHashMap.newKeySet();

    /** Being committed: on the disk, and not yet known. */
    private final Set<ChunkId> arriving = ConcurrentHashMap.newKeySet();

    private final Map<ChunkId, Sidecar> sidecars = new LinkedHashMap<>(16, 0.75f, true);

    ChunkFiles(Disk disk, Path folder) {
        this.disk = disk;
        this.folder = folder;
    }

    Path path(ChunkId id) {
        return folder(id).resolve(id + SUFFIX);
    }

    Path sidecarPath(ChunkId id) {
        return folder(id).resolve(id + SIDECAR_SUFFIX);
    }

    private Path folder(ChunkId id) {
        return folder.resolve(HexFormat.of().toHexDigits((byte) id.low()));
    }

    /** Gives a draft, synced with its sidecar, the names that last. */
    void publish(Sidecar sidecar, Path draft, Path sidecarDraft) throws IOException {
        ChunkId id = sidecar.id();
        arriving.add(id);
        disk.createDirectories(folder(id));
        disk.move(sidecarDraft, sidecarPath(id));
        disk.moveDurably(draft, path(id));
        verified.add(id);
    }

    /** The chunk is in the index, or will never be. */
    void arrived(ChunkId id) {
        arriving.remove(id);
    }

    boolean isArriving(ChunkId id) {
        return arriving.contains(id);
    }

    boolean isVerified(ChunkId id) {
        return verified.contains(id);
    }

    void setVerified(ChunkId id) {
        verified.add(id);
    }

    /** Takes the files away; their deletion is recorded already. */
    void delete(Collection<ChunkId> ids) throws IOException {
        Set<Path> touched = new LinkedHashSet<>();
        for (ChunkId id : ids) {
            verified.remove(id);
            synchronized (sidecars) {
                sidecars.remove(id);
            }
            disk.delete(path(id));
            disk.delete(sidecarPath(id));
            touched.add(folder(id));
        }
        for (Path parent : touched) {
            if (Files.isDirectory(parent)) {
                disk.syncDirectory(parent);
            }
        }
    }

    /** The checksums of a file, or null if they are missing, damaged, or another file's. */
    @Nullable
    Sidecar sidecar(ChunkId id, ChunkRow row) throws IOException {
        synchronized (sidecars) {
            Sidecar known = sidecars.get(id);
            if (known != null) {
                return known;
            }
        }
        Sidecar read = Sidecar.read(sidecarPath(id));
        if (read == null
                || !read.id().equals(id)
                || read.length() != row.length()
                || read.blocks().crc() != row.crc()) {
            return null;
        }
        synchronized (sidecars) {
            sidecars.put(id, read);
            if (sidecars.size() > SIDECARS_KEPT) {
                sidecars.remove(sidecars.keySet().iterator().next());
            }
        }
        return read;
    }

    /** Forgets checksums in memory, so that those on the disk are read again. */
    void forgetSidecar(ChunkId id) {
        synchronized (sidecars) {
            sidecars.remove(id);
        }
    }

    /** A place in a file where it is not what had been written. */
    record Flaw(Path file, long offset, String reason) {}

    /**
     * Reads a part of a file, block by block.
     *
     * @param from a multiple of 64 KiB
     * @return what is wrong with it, or null
     */
    @Nullable
    Flaw verify(ChunkId id, ChunkRow row, long from, long to) throws IOException {
        Path path = path(id);
        Sidecar sidecar = sidecar(id, row);
        if (sidecar == null) {
            return new Flaw(sidecarPath(id), 0, "the checksums are missing or damaged");
        }
        try (FileWindow file = new FileWindow(path, READ_BYTES)) {
            if (file.size() != row.length()) {
                return new Flaw(
                        path,
                        Math.min(file.size(), row.length()),
                        "the file has " + file.size() + " bytes instead of " + row.length());
            }
            ByteBuffer table = sidecar.blocks().table();
            long end = Math.min(to, row.length());
            for (long at = from; at < end; at += Blocks.BYTES) {
                int length = (int) Math.min(Blocks.BYTES, row.length() - at);
                int block = (int) (at / Blocks.BYTES);
                if (Blocks.crc(file.at(at, length)) != table.getInt(block * Integer.BYTES)) {
                    return new Flaw(path, at, "a block does not match its checksum");
                }
            }
            return null;
        } catch (NoSuchFileException | java.io.FileNotFoundException e) {
            return new Flaw(path, 0, "the file is missing");
        }
    }

    /** Shows every chunk that has a file or a sidecar here. */
    void list(Visitor visitor) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(folder, Files::isDirectory)) {
            for (Path one : folders) {
                try (DirectoryStream<Path> files = Files.newDirectoryStream(one)) {
                    for (Path file : files) {
                        visit(file, visitor);
                    }
                }
            }
        }
    }

    private static void visit(Path file, Visitor visitor) throws IOException {
        String name = String.valueOf(file.getFileName());
        int dot = name.indexOf('.');
        if (dot == 2 * ChunkId.BYTES && (name.endsWith(SUFFIX) || name.endsWith(SIDECAR_SUFFIX))) {
            visitor.visit(ChunkId.parse(name.substring(0, dot)), name.endsWith(SIDECAR_SUFFIX));
        }
    }

    /** Is shown files. */
    interface Visitor {
        void visit(ChunkId id, boolean isSidecar) throws IOException;
    }
}
