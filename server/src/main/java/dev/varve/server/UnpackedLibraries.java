package dev.varve.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Native libraries that jars have unpacked into the folder for temporary files, to be deleted when the process ends. A killed
 * process would leave them behind, 70 MB each time; once they are mapped they need no name.
 */
final class UnpackedLibraries {
    private static final Logger LOG = LoggerFactory.getLogger(UnpackedLibraries.class);
    private static final Path MAPS = Path.of("/proc/self/maps");

    private UnpackedLibraries() {}

    /** Deletes the files of those that are loaded; does nothing where the system does not tell what is mapped. */
    static void unlink() {
        unlink(MAPS, Path.of(System.getProperty("java.io.tmpdir")));
    }

    static void unlink(Path maps, Path temporary) {
        if (!Files.isReadable(maps)) {
            return;
        }
        try (Stream<String> lines = Files.lines(maps)) {
            List<Path> loaded = lines.map(line -> line.indexOf('/') < 0 ? "" : line.substring(line.indexOf('/')))
                    .filter(file -> file.endsWith(".so"))
                    .distinct()
                    .map(Path::of)
                    .filter(file -> file.startsWith(temporary))
                    .toList();
            for (Path file : loaded) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            LOG.warn("unpacked libraries stay folder={} reason=\"{}\"", temporary, e.getMessage());
        }
    }
}
