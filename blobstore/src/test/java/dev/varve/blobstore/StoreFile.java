package dev.varve.blobstore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The kinds of files in a local store's directory, and what becomes of damage to each. */
enum StoreFile {
    SEGMENT("chunks/segments/[0-9a-f-]{20}\\.seg", Duty.TOLD),
    PLAIN("chunks/files/[0-9a-f]{2}/[0-9a-f]{32}\\.parquet", Duty.TOLD),
    SIDECAR("chunks/files/[0-9a-f]{2}/[0-9a-f]{32}\\.crc", Duty.TOLD),
    IDENTITY("chunks/IDENTITY", Duty.TOLD),
    BOOT("chunks/BOOT2?", Duty.TOLD),
    INDEX_TABLE("chunks/index/[0-9]{6}\\.sst", Duty.TOLD),
    INDEX_NAMES("chunks/index/(CURRENT|MANIFEST-[0-9]{6})", Duty.TOLD_WHILE_OPEN),
    ROWS_TABLE("meta/rows/[0-9]{6}\\.sst", Duty.TOLD),
    ROWS_NAMES("meta/rows/(CURRENT|MANIFEST-[0-9]{6})", Duty.TOLD_WHILE_OPEN),
    LOG("meta/[0-9]{2}/log-[0-9]{20}\\.seg", Duty.TOLD),
    LOCK("chunks/LOCK", Duty.WITHOUT_EFFECT),
    LOG_LOCK("meta/[0-9]{2}/LOCK", Duty.WITHOUT_EFFECT),
    /** Empty. */
    LOG_BEGUN("meta/[0-9]{2}/BEGUN", Duty.WITHOUT_EFFECT),
    /** What RocksDB writes and takes no row from. */
    ROCKS_REST(
            "(chunks/index|meta/rows)/(IDENTITY|LOCK|LOG|LOG\\.old\\.[0-9]+|OPTIONS-[0-9]{6}|[0-9]{6}\\.log)",
            Duty.WITHOUT_EFFECT);

    /** What is asked beyond that nothing wrong is read and nothing is missing in silence. */
    enum Duty {
        TOLD,
        /** Its end, cut when the store is closed, is an older state, which the segments or the logs bring up to date. */
        TOLD_WHILE_OPEN,
        WITHOUT_EFFECT
    }

    private final Pattern name;
    private final Duty duty;

    StoreFile(String name, Duty duty) {
        this.name = Pattern.compile(name);
        this.duty = duty;
    }

    Duty duty() {
        return duty;
    }

    private static StoreFile of(String file) {
        return Stream.of(values())
                .filter(kind -> kind.name.matcher(file).matches())
                .findFirst()
                .orElseThrow(() -> new AssertionError(
                        "a kind of file that nobody thought of: " + file + "; say what becomes of damage to it"));
    }

    /** All files of a store by kind, but for the native library, which is loaded only if its checksum is right. */
    static Map<StoreFile, List<Path>> walk(Path directory) throws IOException {
        Map<StoreFile, List<Path>> files = new EnumMap<>(StoreFile.class);
        try (Stream<Path> walk = Files.walk(directory)) {
            for (Path path : walk.filter(Files::isRegularFile).sorted().toList()) {
                String name = directory.relativize(path).toString();
                if (!name.startsWith("chunks/native/")) {
                    files.computeIfAbsent(of(name), kind -> new java.util.ArrayList<>())
                            .add(path);
                }
            }
        }
        return files;
    }
}
