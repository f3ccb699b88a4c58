package dev.varve.bench.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Moves the wall clocks that nodes see, by libfaketime from Debian's package, unpacked beside the data and not installed.
 *
 * <p>A time namespace would move monotonic time only, which a node must be able to trust; the wall clock is what jumps in
 * life.
 */
final class FakeTime implements Clocks {
    private static final String LIBRARY = "libfaketimeMT.so.1";

    private final Path library;
    private final Path folder;

    private FakeTime(Path library, Path folder) {
        this.library = library;
        this.folder = folder;
    }

    /** Empty, after saying so, where the package cannot be had. */
    static Optional<FakeTime> find(Path cache, Path folder) throws IOException {
        Files.createDirectories(cache);
        Optional<Path> library = library(cache);
        if (library.isEmpty()) {
            boolean isThere = Commands.succeeds("sh", "-c", "cd '" + cache + "' && apt-get download -q libfaketime")
                    && Commands.succeeds("sh", "-c", "cd '" + cache + "' && dpkg-deb -x libfaketime_*.deb faketime");
            library = isThere ? library(cache) : Optional.empty();
        }
        return library.map(found -> new FakeTime(found, folder));
    }

    private static Optional<Path> library(Path cache) throws IOException {
        try (Stream<Path> files = Files.walk(cache)) {
            return files.filter(file -> file.getFileName().toString().equals(LIBRARY))
                    .findFirst();
        }
    }

    /** What a process is to be started with, so that its clock can be moved. */
    Map<String, String> environment(Cluster.Member member) throws IOException {
        set(member, Duration.ZERO);
        return Map.of(
                "LD_PRELOAD", library.toString(),
                "FAKETIME_TIMESTAMP_FILE", file(member).toString(),
                "FAKETIME_CACHE_DURATION", "1",
                "DONT_FAKE_MONOTONIC", "1",
                "FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }

    private Path file(Cluster.Member member) {
        return folder.resolve(member.name() + ".clock");
    }

    @Override
    public void set(Cluster.Member member, Duration ahead) throws IOException {
        Path draft = folder.resolve(member.name() + ".clock.draft");
        long seconds = ahead.toSeconds();
        Files.writeString(draft, (seconds < 0 ? "" : "+") + seconds + "\n");
        Files.move(draft, file(member), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
