package dev.varve.server.launch;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** How to run a command of the program {@code varve} in a process of its own: as this process runs. */
final class JavaCommand {
    private static final String MAIN = "dev.varve.server.cli.VarveCommand";
    private static final List<String> NEEDED = List.of(
            "--add-opens=java.base/java.nio=ALL-UNNAMED",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow");
    private static final List<String> ALIKE = List.of("-XX:AOTCache=", "-Xlog:aot", "-Xlog:cds", "-ea");

    private JavaCommand() {}

    /** A node; what it cannot survive it does not try to. */
    static List<String> node(String heap, String directMemory, String... arguments) {
        return command(
                List.of(
                        "-XX:+UseG1GC",
                        "-Xmx" + heap,
                        "-XX:MaxDirectMemorySize=" + directMemory,
                        "-XX:+ExitOnOutOfMemoryError"),
                arguments);
    }

    static List<String> small(String heap, String... arguments) {
        return command(List.of("-XX:+UseSerialGC", "-Xmx" + heap, "-XX:+ExitOnOutOfMemoryError"), arguments);
    }

    private static List<String> command(List<String> memory, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(NEEDED);
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> ALIKE.stream().anyMatch(flag::startsWith))
                .forEach(command::add);
        command.addAll(memory);
        command.addAll(List.of("-cp", classPath(), MAIN));
        command.addAll(List.of(arguments));
        return command;
    }

    private static String classPath() {
        return Stream.of(System.getProperty("java.class.path"))
                .flatMap(path -> Arrays.stream(path.split(File.pathSeparator, -1)))
                .filter(entry -> !entry.isEmpty())
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
    }
}
