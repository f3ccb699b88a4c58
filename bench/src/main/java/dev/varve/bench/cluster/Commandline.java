package dev.varve.bench.cluster;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How Varve's commands are run. */
interface Commandline {
    List<String> of(String... arguments);

    /** By the launcher as users do or, where there is none, from this class path. */
    static Commandline launcher() {
        String script = System.getProperty("varve.launcher", "");
        return arguments -> {
            List<String> command = new ArrayList<>();
            if (script.isEmpty()) {
                command.addAll(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-opens=java.base/java.nio=ALL-UNNAMED",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-Xmx400m",
                        "-XX:MaxDirectMemorySize=1g",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.varve.server.cli.VarveCommand"));
            } else {
                command.add(script);
            }
            command.addAll(List.of(arguments));
            return command;
        };
    }
}
