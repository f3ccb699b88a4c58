package dev.varve.server.recipe;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** Finds the folder of real data beside the repository. */
final class RealData {
    private RealData() {}

    /** The folder; without it the test is skipped. */
    static Path folder() {
        String given = System.getenv("VARVE_SHARED_DATA");
        if (given != null) {
            return Path.of(given);
        }
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            Path data = at.resolve("shared/data");
            if (Files.isDirectory(data)) {
                return data;
            }
        }
        return Assumptions.abort("no folder shared/data beside the repository");
    }
}
