package dev.varve.blobstore.rocks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.rocksdb.LiveFileMetaData;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/**
 * Finds damage that RocksDB would notice late or not at all: it believes the beginning of a manifest whose end is
 * unreadable, takes a directory without {@code CURRENT} for a new one and deletes what else is there, and, once open, reads
 * neither again.
 *
 * <p>Tables ({@code .sst}), {@code CURRENT} and the manifest are all that it gets rows from. {@code OPTIONS}, {@code IDENTITY},
 * {@code LOG}, {@code LOCK} and the empty write-ahead log say nothing of rows and are not looked at.
 */
public final class RocksFiles {
    private static final String CURRENT = "CURRENT";
    private static final String MANIFEST = "MANIFEST-";
    private static final String TABLE = ".sst";
    private static final int TRIES = 5;

    private RocksFiles() {}

    /** What is wrong with a database that nobody has open; nothing if there is none. */
    public static Optional<Flaw> findFlaw(Path directory) throws IOException {
        Path current = directory.resolve(CURRENT);
        if (Files.exists(current)) {
            return manifestFlaw(directory, 0);
        }
        try (DirectoryStream<Path> tables = Files.newDirectoryStream(directory, "*" + TABLE)) {
            return tables.iterator().hasNext()
                    ? Optional.of(new Flaw(current, 0, "the file is missing"))
                    : Optional.empty();
        }
    }

    /** What is wrong with an open database, by reading all of it. */
    public static List<Flaw> findFlaws(RocksDB db, Path directory) throws IOException {
        List<Flaw> flaws = new ArrayList<>();
        try {
            manifestFlaw(db, directory).ifPresent(flaws::add);
            flaws.addAll(tableFlaws(db, directory));
            db.verifyChecksum();
        } catch (RocksDBException e) {
            if (flaws.isEmpty()) {
                flaws.add(new Flaw(directory, 0, String.valueOf(e.getMessage())));
            }
        }
        return flaws;
    }

    private static Optional<Flaw> manifestFlaw(RocksDB db, Path directory) throws IOException, RocksDBException {
        Optional<Flaw> flaw = Optional.empty();
        for (int i = 0; i < TRIES; i++) {
            // Written on, or followed by another, while it is read.
            flaw = manifestFlaw(directory, db.getLiveFiles(false).manifestFileSize);
            if (flaw.isEmpty()) {
                return flaw;
            }
        }
        return flaw;
    }

    /** @param atLeast what is known to have been written */
    private static Optional<Flaw> manifestFlaw(Path directory, long atLeast) throws IOException {
        Path current = directory.resolve(CURRENT);
        String name;
        try {
            name = new String(Files.readAllBytes(current), StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            return Optional.of(new Flaw(current, 0, "the file is missing"));
        }
        if (!name.matches(MANIFEST + "[0-9]+\n")) {
            return Optional.of(new Flaw(current, 0, "it names no manifest"));
        }
        Path manifest = directory.resolve(name.strip());
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(manifest);
        } catch (NoSuchFileException e) {
            return Optional.of(new Flaw(current, 0, "it names " + name.strip() + ", which is missing"));
        }
        if (bytes.length < atLeast) {
            return Optional.of(
                    new Flaw(manifest, bytes.length, "the file ends here; " + atLeast + " bytes were written"));
        }
        long bad = new ManifestScan(bytes).firstBadByte(atLeast);
        return bad < 0
                ? Optional.empty()
                : Optional.of(new Flaw(manifest, bad, "a record does not match its checksum"));
    }

    private static List<Flaw> tableFlaws(RocksDB db, Path directory) throws IOException {
        Map<Path, String> missing = Map.of();
        for (int i = 0; i < TRIES; i++) {
            Map<Path, String> found = new HashMap<>();
            for (LiveFileMetaData table : db.getLiveFilesMetaData()) {
                Path path = directory.resolve(table.fileName().substring(1));
                String reason = tableFlaw(path, table.size());
                if (reason != null) {
                    found.put(path, reason);
                }
            }
            missing = found;
            if (missing.isEmpty()) {
                break;
            }
        }
        List<Flaw> flaws = new ArrayList<>();
        missing.forEach((path, reason) -> flaws.add(new Flaw(path, 0, reason)));
        return flaws;
    }

    private static @Nullable String tableFlaw(Path path, long size) throws IOException {
        try {
            long found = Files.size(path);
            return found == size ? null : "the file has " + found + " bytes instead of " + size;
        } catch (NoSuchFileException e) {
            return "the file is missing";
        }
    }
}
