package dev.varve.bench;

import dev.varve.bench.s3.S3Key;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The peer: s3proxy over a folder of plain files, in a process of its own.
 *
 * <p>Its classes are on no class path of ours: {@code bench/s3proxy/pom.xml} names it, and Maven says where its jars are. It
 * acknowledges what it has written without any fsync, so a power cut loses it.
 */
final class S3Proxy implements S3Server {
    private static final int START_SECONDS = 60;
    private static final int STOP_SECONDS = 20;
    private static final S3Key KEY = new S3Key("bench-identity", "bench-credential");

    private final Process process;
    private final int port;

    private S3Proxy(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /**
     * Starts it over {@code folder/files}, in which each folder is a bucket.
     *
     * @param mostBytes of a signed body, which it takes into memory
     */
    static S3Proxy start(Path folder, long mostBytes) throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        Path files = Files.createDirectories(files(folder));
        Path settings = folder.resolve("s3proxy.properties");
        Files.writeString(settings, """
                s3proxy.endpoint=http://127.0.0.1:%d
                s3proxy.authorization=aws-v2-or-v4
                s3proxy.identity=%s
                s3proxy.credential=%s
                s3proxy.v4-max-non-chunked-request-size=%d
                jclouds.provider=filesystem-nio2
                jclouds.filesystem.basedir=%s
                """.formatted(port, KEY.id(), KEY.secret(), mostBytes, files));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseG1GC",
                        "-Xmx2g",
                        // Without a configuration it logs every step, which would slow it down.
                        "-Dlogback.configurationFile="
                                + Launcher.benchFile("s3proxy/logback.xml").toUri(),
                        "-cp",
                        classPath(folder),
                        "org.gaul.s3proxy.Main",
                        "--properties",
                        settings.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("s3proxy.log").toFile())
                .start();
        S3Proxy started = new S3Proxy(process, port);
        started.awaitStart(folder);
        return started;
    }

    static Path files(Path folder) {
        return folder.resolve("files");
    }

    /** Lets Maven find and fetch the jars. */
    private static String classPath(Path folder) throws IOException, InterruptedException {
        Path pom = Launcher.benchFile("s3proxy/pom.xml");
        Path found = folder.resolve("class-path");
        List<String> command = List.of(
                "mvn",
                "-B",
                "-q",
                "-f",
                pom.toString(),
                "dependency:build-classpath",
                "-Dmdep.outputFile=" + found.toAbsolutePath());
        Process maven = new ProcessBuilder(command).inheritIO().start();
        if (maven.waitFor() != 0) {
            throw new IOException("Maven cannot find the peer: " + String.join(" ", command));
        }
        return Files.readString(found).strip();
    }

    private void awaitStart(Path folder) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (true) {
            try (S3Connection connection = connect()) {
                connection.list("/", "");
                return;
            } catch (IOException notYet) {
                if (!process.isAlive() || System.nanoTime() > deadline) {
                    process.destroyForcibly();
                    throw new IllegalStateException("s3proxy did not start; see " + folder.resolve("s3proxy.log"));
                }
                Thread.sleep(50);
            }
        }
    }

    @Override
    public String name() {
        return "s3proxy";
    }

    @Override
    public int s3Port() {
        return port;
    }

    @Override
    public S3Key key() {
        return KEY;
    }

    @Override
    public long pid() {
        return process.pid();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException interrupted) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
