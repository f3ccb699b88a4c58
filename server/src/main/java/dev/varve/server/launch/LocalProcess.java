package dev.varve.server.launch;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A process that outlives whoever started it, known by a file with its id. Its state is what the system says now; nothing is
 * remembered but the file.
 */
final class LocalProcess {
    private static final int TAIL_BYTES = 16 << 10;
    private static final Duration SIGNAL_PATIENCE = Duration.ofSeconds(2);
    private static final Duration KILL_PATIENCE = Duration.ofSeconds(10);
    /** Of all nodes alike, they could only be wrong for most. */
    private static final List<String> OWN_VARIABLES =
            List.of("VARVE_HTTP__", "VARVE_FLIGHT__", "VARVE_S3__", "VARVE_CLUSTER__", "VARVE_DATA__");

    private final String name;
    private final Path folder;

    LocalProcess(String name, Path folder) {
        this.name = name;
        this.folder = folder;
    }

    String name() {
        return name;
    }

    Path folder() {
        return folder;
    }

    Path log() {
        return folder.resolve("log").resolve(name + ".log");
    }

    private Path pidFile() {
        return folder.resolve("pid");
    }

    /** Starts it, unless it runs or is paused. */
    void start(List<String> command) {
        if (find().isPresent()) {
            return;
        }
        try {
            Files.createDirectories(log().getParent());
            ProcessBuilder builder = new ProcessBuilder(detached(command))
                    .redirectInput(new File("/dev/null"))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
            builder.environment()
                    .keySet()
                    .removeIf(variable -> OWN_VARIABLES.stream().anyMatch(variable::startsWith));
            ProcessHandle handle = builder.start().toHandle();
            Files.writeString(
                    pidFile(),
                    handle.pid() + "\n"
                            + startOf(handle).map(Instant::toEpochMilli).orElse(0L) + "\n");
        } catch (IOException e) {
            throw new VarveException(ErrorCode.STORAGE, "cannot start " + name + ": " + e.getMessage(), e)
                    .withHint("check that " + folder + " can be written to");
        }
    }

    /** In a session of its own, so that a closed terminal or Ctrl-C does not end it. */
    private static List<String> detached(List<String> command) {
        List<String> whole = new ArrayList<>();
        boolean hasSession = Arrays.stream(
                        System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, "setsid")));
        whole.add(hasSession ? "setsid" : "nohup");
        whole.addAll(command);
        return whole;
    }

    ProcessState state() {
        Optional<ProcessHandle> found = find();
        if (found.isEmpty()) {
            return Files.exists(pidFile()) ? ProcessState.DEAD : ProcessState.STOPPED;
        }
        return stateLetter(found.get().pid()) == 'T' ? ProcessState.PAUSED : ProcessState.RUNNING;
    }

    Optional<Long> pid() {
        return find().map(ProcessHandle::pid);
    }

    /** The process that was started last, if it is still there. */
    private Optional<ProcessHandle> find() {
        List<String> lines;
        try {
            if (!Files.exists(pidFile())) {
                return Optional.empty();
            }
            lines = Files.readAllLines(pidFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (lines.size() < 2) {
            return Optional.empty();
        }
        long start = Long.parseLong(lines.get(1).strip());
        return ProcessHandle.of(Long.parseLong(lines.getFirst().strip()))
                .filter(ProcessHandle::isAlive)
                .filter(handle ->
                        start == 0 || startOf(handle).map(Instant::toEpochMilli).orElse(start) == start)
                // What nobody has reaped is dead all the same.
                .filter(handle -> stateLetter(handle.pid()) != 'Z');
    }

    private static Optional<Instant> startOf(ProcessHandle handle) {
        return handle.info().startInstant();
    }

    /** As the system counts: R, S, T for stopped, Z for dead but not reaped; a blank where it does not tell. */
    private static char stateLetter(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
            int end = stat.lastIndexOf(')');
            return end > 0 && end + 2 < stat.length() ? stat.charAt(end + 2) : ' ';
        } catch (IOException goneOrNoProc) {
            return ' ';
        }
    }

    /** As kill -9 does; returns when it is gone. */
    void kill() {
        ProcessHandle handle = running();
        handle.destroyForcibly();
        if (!awaitExit(handle, KILL_PATIENCE)) {
            throw new VarveException(ErrorCode.STORAGE, name + " does not end although it was killed");
        }
    }

    /** Returns when it has stopped: signals take effect some time after they are sent. */
    void pause() {
        signal("STOP", running());
        await(ProcessState.PAUSED);
    }

    void resume() {
        signal("CONT", running());
        await(ProcessState.RUNNING);
    }

    private void await(ProcessState wanted) {
        long end = System.nanoTime() + SIGNAL_PATIENCE.toNanos();
        while (Files.exists(Path.of("/proc/self/stat")) && state() != wanted && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }

    /** Asks it to end; false if it had to be killed. */
    boolean stop(Duration patience) {
        Optional<ProcessHandle> found = find();
        boolean isClean = true;
        if (found.isPresent()) {
            ProcessHandle handle = found.get();
            handle.destroy();
            if (stateLetter(handle.pid()) == 'T') {
                signal("CONT", handle);
            }
            isClean = awaitExit(handle, patience);
            if (!isClean) {
                kill();
            }
        }
        try {
            Files.deleteIfExists(pidFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return isClean;
    }

    private ProcessHandle running() {
        return find().orElseThrow(() -> new VarveException(ErrorCode.CONFLICT, name + " does not run")
                .withHint("varve cluster status shows what does; varve cluster start starts what does not"));
    }

    private boolean awaitExit(ProcessHandle handle, Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        try {
            handle.onExit().get(Math.min(100, patience.toMillis()), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException notYet) {
            // Looked for below, also when it is not reaped.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        while (find().isPresent()) {
            if (System.nanoTime() > end || Thread.currentThread().isInterrupted()) {
                return false;
            }
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        return true;
    }

    private void signal(String signal, ProcessHandle handle) {
        try {
            Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(handle.pid()))
                    .redirectErrorStream(true)
                    .start();
            String said = new String(kill.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (kill.waitFor() != 0) {
                throw new VarveException(
                        ErrorCode.STORAGE, "%s cannot be sent SIG%s: %s".formatted(name, signal, said));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The last lines of its log. */
    String tail(int lines) {
        try {
            byte[] all = Files.exists(log()) ? Files.readAllBytes(log()) : new byte[0];
            int from = Math.max(0, all.length - TAIL_BYTES);
            List<String> last = new String(all, from, all.length - from, StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            return String.join("\n", last.subList(Math.max(0, last.size() - lines), last.size()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
