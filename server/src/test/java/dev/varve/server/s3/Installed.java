package dev.varve.server.s3;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Programs that tests install for themselves, once, each in a folder of its own under {@code target/clients}. */
final class Installed {
    /** What fills a folder; false if that cannot be done here. */
    private interface Installation {
        boolean fill(Path folder) throws IOException, InterruptedException;
    }

    private Installed() {}

    private static Path once(String name, Installation installation) throws IOException, InterruptedException {
        Path folder =
                Path.of("target", "clients", name.replaceAll("[^\\w.-]", "-")).toAbsolutePath();
        Path done = folder.resolve("installed");
        if (!Files.exists(done)) {
            Files.createDirectories(folder);
            assumeTrue(installation.fill(folder), name + " cannot be installed here");
            Files.createFile(done);
        }
        return folder;
    }

    /** A Python that has these packages. */
    static Path python(String name, List<String> requirements) throws IOException, InterruptedException {
        Path folder = once(name, into -> {
            List<String> install = new ArrayList<>(List.of("bin/python", "-m", "pip", "install", "-q"));
            install.addAll(requirements);
            return Program.of(into, "python3", "-m", "venv", ".").isRun()
                    && Program.of(into, install.toArray(String[]::new)).isRun();
        });
        return folder.resolve("bin/python");
    }

    /** A folder in which Node.js finds a package. */
    static Path nodePackage(String name) throws IOException, InterruptedException {
        return once(
                "node-" + name,
                into -> Program.of(into, "node", "--version").isRun()
                        && Program.of(into, "npm", "install", "--silent", "--no-audit", "--no-fund", name)
                                .isRun());
    }

    /** A program on the path, or else out of the package of the same name of a Debian system, which stays as it is. */
    static Path debian(String name) throws IOException, InterruptedException {
        Optional<Path> found = Stream.of(System.getenv("PATH").split(":"))
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst();
        if (found.isPresent()) {
            return found.get();
        }
        Path folder = once(name, into -> {
            Program download = Program.of(into, "apt-get", "download", "-q", name);
            boolean isDownloaded = download.isRun()
                    || (Program.of(into, "apt-get", "update", "-q").isRun() && download.isRun());
            return isDownloaded
                    && Program.of(into, "sh", "-c", "dpkg-deb --extract *.deb .")
                            .isRun();
        });
        return folder.resolve("usr/bin").resolve(name);
    }
}
