package dev.varve.testkit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Finds the folder of real data that lies beside the repository on some machines, {@code ../shared/data} from its root.
 *
 * <p>{@code -Dvarve.shared.data=DIR} or the environment's {@code VARVE_SHARED_DATA} name another one.
 */
public final class SharedData {
    private SharedData() {}

    /** A file or folder of the real data, or nothing where there is none: skip the test then. */
    public static Optional<Path> find(String relative) {
        String named = System.getProperty("varve.shared.data", System.getenv("VARVE_SHARED_DATA"));
        if (named != null) {
            return Optional.of(Path.of(named).resolve(relative)).filter(Files::exists);
        }
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            Path file = folder.resolve("shared").resolve("data").resolve(relative);
            if (Files.exists(file)) {
                return Optional.of(file);
            }
        }
        return Optional.empty();
    }
}
