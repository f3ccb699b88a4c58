package dev.varve.blobstore.chunk;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.jar.JarEntry;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDB;
import org.rocksdb.util.Environment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps RocksDB's native library unpacked beside the data, for unpacking it at each start takes longer than all else.
 * Its checksum is that in the jar, so a damaged or older one is replaced.
 */
final class NativeLibrary {
    private static final Logger LOG = LoggerFactory.getLogger(NativeLibrary.class);
    private static final int BUFFER_BYTES = 1 << 20;

    /** Static because a process loads a library once. */
    private static final AtomicBoolean LOADED = new AtomicBoolean();

    private NativeLibrary() {}

    static void load(Path folder) {
        if (LOADED.get()) {
            return;
        }
        try {
            Path unpacked = unpack(folder);
            if (unpacked != null) {
                RocksDB.loadLibrary(List.of(unpacked.toString()));
                LOADED.set(true);
                return;
            }
        } catch (IOException | UnsatisfiedLinkError e) {
            LOG.warn("the native library is unpacked to a temporary file instead folder={}", folder, e);
        }
        RocksDB.loadLibrary();
        LOADED.set(true);
    }

    /** The folder with the library, or null if it does not come from a jar. */
    private static @Nullable Path unpack(Path folder) throws IOException {
        URL packed = RocksDB.class.getResource("/" + Environment.getJniLibraryFileName("rocksdb"));
        if (packed == null || !(packed.openConnection() instanceof JarURLConnection jar)) {
            return null;
        }
        JarEntry entry = jar.getJarEntry();
        Path home = folder.resolve(HexFormat.of().toHexDigits((int) entry.getCrc()));
        // The name that RocksDB looks for when it is given a folder.
        Path library = home.resolve(Environment.getJniLibraryFileName("rocksdbjni"));
        if (!Files.exists(library) || Files.size(library) != entry.getSize() || crc(library) != entry.getCrc()) {
            Files.createDirectories(home);
            Path draft = Files.createTempFile(home, "library", ".new");
            try (InputStream content = packed.openStream()) {
                Files.copy(content, draft, StandardCopyOption.REPLACE_EXISTING);
                Files.move(draft, library, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(draft);
            }
        }
        return home.toAbsolutePath();
    }

    private static long crc(Path path) throws IOException {
        CRC32 crc = new CRC32();
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream in = Files.newInputStream(path)) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                crc.update(buffer, 0, count);
            }
        }
        return crc.getValue();
    }
}
