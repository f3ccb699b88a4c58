package dev.varve.ingest.decode;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;

/** Finds the folder of real files beside the repository; a test that needs one that is not there is skipped. */
final class RealData {
    private RealData() {}

    static Path file(String name) {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            for (String beside : new String[] {"shared/data", "../shared/data"}) {
                Path file = at.resolve(beside).resolve(name).normalize();
                if (Files.exists(file)) {
                    return file;
                }
            }
        }
        assumeThat(false).as("real file " + name + " is not here").isTrue();
        throw new IllegalStateException();
    }
}
