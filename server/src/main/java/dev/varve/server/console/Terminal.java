package dev.varve.server.console;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Where a command reads and writes: data on {@code out}, everything else on {@code err}.
 *
 * @param outIsTerminal a person sees {@code out}
 * @param errIsTerminal a person sees {@code err}
 * @param width columns of the terminal
 */
public record Terminal(
        InputStream in,
        PrintStream out,
        PrintStream err,
        boolean outIsTerminal,
        boolean errIsTerminal,
        int width,
        Map<String, String> environment) {
    private static final int USUAL_WIDTH = 120;

    public Terminal {
        environment = Map.copyOf(environment);
    }

    /** The process's own streams, in UTF-8. */
    public static Terminal ofProcess() {
        boolean outIsTerminal = isTerminal(1);
        boolean errIsTerminal = isTerminal(2);
        return new Terminal(
                System.in,
                stream(FileDescriptor.out, 1 << 16),
                stream(FileDescriptor.err, 1 << 10),
                outIsTerminal,
                errIsTerminal,
                outIsTerminal || errIsTerminal ? measuredWidth() : USUAL_WIDTH,
                System.getenv());
    }

    private static PrintStream stream(FileDescriptor descriptor, int buffer) {
        return new PrintStream(
                new BufferedOutputStream(new FileOutputStream(descriptor), buffer), false, StandardCharsets.UTF_8);
    }

    private static boolean isTerminal(int descriptor) {
        Path link = Path.of("/proc/self/fd/" + descriptor);
        try {
            String target = Files.readSymbolicLink(link).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException noProc) {
            return "0".equals(run("test -t " + descriptor + "; echo $?", ProcessBuilder.Redirect.INHERIT));
        }
    }

    private static int measuredWidth() {
        String size = run("stty size < /dev/tty", ProcessBuilder.Redirect.DISCARD);
        String[] parts = size.split(" ", -1);
        if (parts.length == 2 && parts[1].matches("\\d{1,5}")) {
            int columns = Integer.parseInt(parts[1]);
            return columns > 0 ? columns : USUAL_WIDTH;
        }
        return USUAL_WIDTH;
    }

    private static String run(String script, ProcessBuilder.Redirect errors) {
        try {
            Process process =
                    new ProcessBuilder("sh", "-c", script).redirectError(errors).start();
            process.getOutputStream().close();
            String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
            return process.waitFor(2, TimeUnit.SECONDS) ? answer : "";
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    /** One line for the person, not part of the data. */
    public void say(String line) {
        err.println(line);
        err.flush();
    }
}
