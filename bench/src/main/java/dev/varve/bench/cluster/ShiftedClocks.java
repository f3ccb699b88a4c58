package dev.varve.bench.cluster;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Moves the wall clocks that nodes see, by a library of a few lines that is compiled here and loaded before the JVM's own.
 *
 * <p>Libfaketime does it, too, but takes over timed waits and has a JVM spin in them. A time namespace would move monotonic
 * time only, which a node must be able to trust; the wall clock is what jumps in life.
 */
final class ShiftedClocks implements Clocks {
    private static final String SOURCE = """
            #include <fcntl.h>
            #include <stdlib.h>
            #include <sys/mman.h>
            #include <sys/syscall.h>
            #include <time.h>
            #include <unistd.h>

            static volatile long *ahead;

            __attribute__((constructor)) static void begin(void) {
              const char *file = getenv("VARVE_CLOCK_FILE");
              int opened = file ? open(file, O_RDONLY) : -1;
              if (opened >= 0) {
                void *at = mmap(0, sizeof(long), PROT_READ, MAP_SHARED, opened, 0);
                if (at != MAP_FAILED) ahead = at;
                close(opened);
              }
            }

            int clock_gettime(clockid_t id, struct timespec *time) {
              int result = syscall(SYS_clock_gettime, id, time);
              if (!result && id == CLOCK_REALTIME && ahead) time->tv_sec += *ahead;
              return result;
            }
            """;

    private final Path library;
    private final Path folder;

    private ShiftedClocks(Path library, Path folder) {
        this.library = library;
        this.folder = folder;
    }

    /** Empty where there is no C compiler. */
    static Optional<ShiftedClocks> make(Path tools, Path folder) throws IOException {
        Files.createDirectories(tools);
        Path source = tools.resolve("clock.c");
        Path library = tools.resolve("clock.so");
        Files.writeString(source, SOURCE);
        boolean isMade = Commands.succeeds(
                "cc", "-O2", "-D_GNU_SOURCE", "-shared", "-fPIC", "-o", library.toString(), source.toString());
        return isMade ? Optional.of(new ShiftedClocks(library, folder)) : Optional.empty();
    }

    /** What a process is to be started with, so that its clock can be moved. */
    Map<String, String> environment(Cluster.Member member) throws IOException {
        set(member, Duration.ZERO);
        return Map.of(
                "LD_PRELOAD",
                library.toString(),
                "VARVE_CLOCK_FILE",
                file(member).toString());
    }

    private Path file(Cluster.Member member) {
        return folder.resolve(member.name() + ".clock");
    }

    @Override
    public void set(Cluster.Member member, Duration ahead) throws IOException {
        ByteBuffer seconds = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
        seconds.putLong(ahead.toSeconds()).flip();
        // In place: the node has it in its memory.
        try (FileChannel channel =
                FileChannel.open(file(member), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(seconds, 0);
        }
    }
}
