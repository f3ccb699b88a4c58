package dev.varve.server.peer;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Requests, answers and failures as gRPC carries them. */
final class Wire {
    static final String SERVICE = "varve.Peers";
    static final Metadata.Key<String> FROM = Metadata.Key.of("varve-from", Metadata.ASCII_STRING_MARSHALLER);
    static final Metadata.Key<String> REQUEST_ID = Metadata.Key.of("varve-request", Metadata.ASCII_STRING_MARSHALLER);
    /** More than a failure's trailers can be. */
    static final int MOST_METADATA = 32 << 10;

    private static final Metadata.Key<String> CODE = Metadata.Key.of("varve-code", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<byte[]> MESSAGE =
            Metadata.Key.of("varve-message-bin", Metadata.BINARY_BYTE_MARSHALLER);
    private static final Metadata.Key<byte[]> HINT = Metadata.Key.of("varve-hint-bin", Metadata.BINARY_BYTE_MARSHALLER);
    private static final int LONGEST_TEXT = 2_000;

    private Wire() {}

    static MethodDescriptor<ByteBuffer, ByteBuffer> method(String name) {
        return MethodDescriptor.newBuilder(Passing.THROUGH, Passing.THROUGH)
                .setType(MethodType.UNARY)
                .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, name))
                .build();
    }

    static Metadata trailers(VarveException failure) {
        Metadata trailers = new Metadata();
        trailers.put(CODE, failure.code().name());
        trailers.put(MESSAGE, bytes(String.valueOf(failure.getMessage())));
        if (failure.hint() != null) {
            trailers.put(HINT, bytes(failure.hint()));
        }
        return trailers;
    }

    /** What a handler failed with, or null when the trailers tell of none. */
    static @Nullable VarveException failure(@Nullable Metadata trailers) {
        String code = trailers == null ? null : trailers.get(CODE);
        if (trailers == null || code == null) {
            return null;
        }
        VarveException failure = new VarveException(code(code), text(trailers.get(MESSAGE)));
        byte[] hint = trailers.get(HINT);
        return hint == null ? failure : failure.withHint(text(hint));
    }

    /** A code that only newer nodes know tells nothing. */
    private static ErrorCode code(String name) {
        return Arrays.stream(ErrorCode.values())
                .filter(code -> code.name().equals(name))
                .findFirst()
                .orElse(ErrorCode.UNKNOWN_OUTCOME);
    }

    private static byte[] bytes(String text) {
        String shown = text.length() <= LONGEST_TEXT ? text : text.substring(0, LONGEST_TEXT) + "…";
        return shown.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte @Nullable [] bytes) {
        return bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
    }

    /** Copies once on the way out, into the transport's buffers, and once on the way in, into an array of the reader's. */
    private enum Passing implements MethodDescriptor.Marshaller<ByteBuffer> {
        THROUGH;

        @Override
        public InputStream stream(ByteBuffer value) {
            return new Outgoing(value.duplicate());
        }

        @Override
        public ByteBuffer parse(InputStream stream) {
            try {
                int length = stream instanceof KnownLength ? stream.available() : -1;
                if (length < 0) {
                    return ByteBuffer.wrap(stream.readAllBytes());
                }
                byte[] bytes = new byte[length];
                int read = stream.readNBytes(bytes, 0, length);
                return ByteBuffer.wrap(bytes, 0, read);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static final class Outgoing extends InputStream implements KnownLength, Drainable {
        private static final int STEP = 64 << 10;

        private final ByteBuffer bytes;

        Outgoing(ByteBuffer bytes) {
            this.bytes = bytes;
        }

        @Override
        public int drainTo(OutputStream target) throws IOException {
            int length = bytes.remaining();
            if (bytes.hasArray()) {
                target.write(bytes.array(), bytes.arrayOffset() + bytes.position(), length);
                bytes.position(bytes.limit());
                return length;
            }
            byte[] step = new byte[Math.min(STEP, length)];
            while (bytes.hasRemaining()) {
                int count = Math.min(step.length, bytes.remaining());
                bytes.get(step, 0, count);
                target.write(step, 0, count);
            }
            return length;
        }

        @Override
        public int available() {
            return bytes.remaining();
        }

        @Override
        public int read() {
            return bytes.hasRemaining() ? bytes.get() & 0xff : -1;
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            if (length == 0) {
                return 0;
            }
            if (!bytes.hasRemaining()) {
                return -1;
            }
            int count = Math.min(length, bytes.remaining());
            bytes.get(target, offset, count);
            return count;
        }
    }
}
