package dev.varve.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How to run Varve's commands: by the launcher as users do or, where there is none (in tests), from this class path. */
final class Launcher {
    private static final String SCRIPT = System.getProperty("varve.launcher", "");

    private Launcher() {}

    static List<String> command(String... arguments) {
        List<String> command = new ArrayList<>();
        if (SCRIPT.isEmpty()) {
            command.addAll(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "--add-opens=java.base/java.nio=ALL-UNNAMED",
                    "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow",
                    "-Xmx1g",
                    "-cp",
                    System.getProperty("java.class.path"),
                    "dev.varve.server.cli.VarveCommand"));
        } else {
            command.add(SCRIPT);
        }
        command.addAll(List.of(arguments));
        return command;
    }

    /** A file of the bench module. */
    static Path benchFile(String name) {
        return SCRIPT.isEmpty()
                ? Path.of(name)
                : Path.of(SCRIPT).resolveSibling("bench").resolve(name);
    }
}
