package dev.varve.blobstore.media;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Makes {@link Thumbnails} in a process of its own: a picture that breaks the decoder, or needs more memory or time than it
 * may, takes nothing else with it.
 *
 * <p>The process is started for the first picture and decodes one after the other. It knows no file, no variable and no
 * address, only a pipe, through which it asks for bytes of the picture. What it answers is trusted as little as the
 * picture: when it answers anything else than so many small pictures or a reason, ends, or takes too long, it is killed
 * and the picture is refused; the next one gets a new process. One thread makes pictures; any may close.
 */
public final class ThumbnailProcess implements AutoCloseable {
    static final int MOST_REASON = 500;

    private static final int MOST_READ_BYTES = 1 << 20;
    private static final int JPEG_HEADER_BYTES = 64 << 10;
    private static final Duration START_TIME = Duration.ofSeconds(30);
    /** The decoder looks at the time by itself, if it still can. */
    private static final Duration GRACE = Duration.ofSeconds(3);

    private static final int OUT_OF_MEMORY = 3;
    /** Ended by SIGHUP, SIGINT or SIGTERM, which are never the picture's fault. */
    private static final Set<Integer> STOPPED = Set.of(129, 130, 143);

    private final Thumbnails.Limits limits;
    private final long heapBytes;
    private volatile @Nullable Child child;
    private volatile boolean isClosed;

    /** A process with the ends of its pipe. */
    private record Child(Process process, DataInputStream in, DataOutputStream out) {}

    /** @param heapBytes that the process may have for decoded pictures */
    public ThumbnailProcess(Thumbnails.Limits limits, long heapBytes) {
        this.limits = limits;
        this.heapBytes = heapBytes;
    }

    /**
     * JPEG files by the longest side asked for; smaller pictures are not enlarged.
     *
     * @throws Thumbnails.RefusedException if there will be none when tried again either
     * @throws IllegalStateException if there may be
     */
    public Map<Integer, byte[]> make(MediaSource source, MediaFacts facts, SortedSet<Integer> sides)
            throws Thumbnails.RefusedException {
        Optional<String> refusal = Thumbnails.refusal(facts, source.length(), limits);
        if (refusal.isPresent()) {
            throw new Thumbnails.RefusedException(refusal.get());
        }
        ThumbnailChild.Request request = new ThumbnailChild.Request(source.length(), facts, sides, limits);
        Child running = child;
        if (running != null && running.process.isAlive()) {
            try {
                return made(running, request, source);
            } catch (BrokenOffException e) {
                // Perhaps an earlier picture is to blame.
                checkOpen(e);
            }
        }
        Child fresh = start();
        try {
            return made(fresh, request, source);
        } catch (BrokenOffException e) {
            checkOpen(e);
            throw e.refusal();
        }
    }

    private void checkOpen(BrokenOffException e) {
        if (isClosed) {
            throw new IllegalStateException("closed", e);
        }
    }

    private Child start() {
        stop();
        ProcessBuilder builder = new ProcessBuilder(command()).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().clear();
        try {
            Process process = builder.start();
            Child started = new Child(
                    process,
                    new DataInputStream(process.getInputStream()),
                    new DataOutputStream(new BufferedOutputStream(process.getOutputStream())));
            child = started;
            if (isClosed) {
                stop();
            }
            CompletableFuture<Void> late = killedAfter(process, START_TIME);
            int first = started.in.read();
            late.cancel(false);
            if (first != ThumbnailChild.READY) {
                stop();
                throw new IllegalStateException("the process that makes thumbnails did not start");
            }
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException("the process that makes thumbnails cannot be started", e);
        }
    }

    private List<String> command() {
        Path classes;
        try {
            classes = Path.of(ThumbnailChild.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException("the classes have no place", e);
        }
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heapBytes,
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:+SuppressFatalErrorMessage",
                "-XX:-UsePerfData",
                "-Djava.awt.headless=true",
                "-cp",
                classes.toString(),
                ThumbnailChild.class.getName());
    }

    private static CompletableFuture<Void> killedAfter(Process process, Duration time) {
        return CompletableFuture.runAsync(
                process::destroyForcibly, CompletableFuture.delayedExecutor(time.toMillis(), TimeUnit.MILLISECONDS));
    }

    private Map<Integer, byte[]> made(Child running, ThumbnailChild.Request request, MediaSource source)
            throws Thumbnails.RefusedException, BrokenOffException {
        CompletableFuture<Void> late =
                killedAfter(running.process, limits.time().plus(GRACE));
        boolean isDone = false;
        try {
            request.write(running.out);
            running.out.flush();
            while (true) {
                switch (running.in.readByte()) {
                    case ThumbnailChild.READ -> send(running, source);
                    case ThumbnailChild.MADE -> {
                        Map<Integer, byte[]> pictures = pictures(running.in, request.sides());
                        isDone = true;
                        return pictures;
                    }
                    case ThumbnailChild.REFUSED -> {
                        String reason = running.in.readUTF();
                        isDone = true;
                        throw new Thumbnails.RefusedException(
                                reason.substring(0, Math.min(reason.length(), MOST_REASON)));
                    }
                    default -> throw new IOException("an unknown word");
                }
            }
        } catch (IOException e) {
            boolean isLate = late.isDone();
            throw new BrokenOffException(isLate, exit(running.process), e);
        } finally {
            late.cancel(false);
            if (!isDone) {
                // Also when the source failed: there would be no telling where in the pipe we are.
                stop();
            }
        }
    }

    private static void send(Child running, MediaSource source) throws IOException {
        long offset = running.in.readLong();
        int count = running.in.readInt();
        if (count < 0 || count > MOST_READ_BYTES || offset < 0 || offset > source.length() - count) {
            throw new IOException("bytes outside of the picture were asked for");
        }
        byte[] bytes = new byte[count];
        source.read(offset, ByteBuffer.wrap(bytes));
        running.out.write(bytes);
        running.out.flush();
    }

    private static Map<Integer, byte[]> pictures(DataInputStream in, SortedSet<Integer> sides) throws IOException {
        Map<Integer, byte[]> pictures = new TreeMap<>();
        int count = in.readInt();
        for (int i = 0; i < count; i++) {
            int side = in.readInt();
            int length = in.readInt();
            if (!sides.contains(side) || length < 0 || length > JPEG_HEADER_BYTES + 4L * side * side) {
                throw new IOException("a picture that was not asked for");
            }
            byte[] bytes = in.readNBytes(length);
            if (bytes.length < length || pictures.put(side, bytes) != null) {
                throw new IOException("a picture in parts");
            }
        }
        if (pictures.size() != sides.size()) {
            throw new IOException("too few pictures");
        }
        return pictures;
    }

    /** How the process ended; if it has not, it is made to. */
    private static int exit(Process process) {
        try {
            if (!process.waitFor(1, TimeUnit.SECONDS)) {
                return process.destroyForcibly().waitFor();
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return -1;
        }
    }

    /** The process did not answer as it should. */
    private static final class BrokenOffException extends Exception {
        private static final long serialVersionUID = 1L;

        private final boolean isLate;
        private final int exitValue;

        BrokenOffException(boolean isLate, int exitValue, IOException cause) {
            super("the process that makes thumbnails broke off", cause);
            this.isLate = isLate;
            this.exitValue = exitValue;
        }

        Thumbnails.RefusedException refusal() {
            if (!isLate && STOPPED.contains(exitValue)) {
                throw new IllegalStateException("the process that makes thumbnails was stopped", this);
            }
            String reason = isLate
                    ? "decoding did not end in time"
                    : exitValue == OUT_OF_MEMORY ? "decoding needs too much memory" : "it breaks the decoder";
            return new Thumbnails.RefusedException(reason);
        }
    }

    /** Ends the process until the next picture comes; for times without pictures. */
    public void rest() {
        stop();
    }

    private void stop() {
        Child running = child;
        if (running != null) {
            child = null;
            running.process.destroyForcibly();
        }
    }

    @Override
    public void close() {
        isClosed = true;
        stop();
    }
}
