package dev.varve.bench.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Runs the tools of the system. */
final class Commands {
    private static final int MOST_SECONDS = 60;

    private Commands() {}

    /** What it prints; an error if it fails. */
    static String run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String text = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
        try {
            if (!process.waitFor(MOST_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException(String.join(" ", command) + " does not end");
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + String.join(" ", command) + " ran", e);
        }
        if (process.exitValue() != 0) {
            throw new IOException(String.join(" ", command) + " ended with " + process.exitValue() + ": " + text);
        }
        return text;
    }

    /** Whether it ran without an error; for what may be there or not. */
    static boolean succeeds(String... command) {
        try {
            run(command);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    static boolean isRoot() {
        return uid().equals("0");
    }

    private static String uid() {
        try {
            return run("id", "-u");
        } catch (IOException e) {
            return "unknown";
        }
    }
}
