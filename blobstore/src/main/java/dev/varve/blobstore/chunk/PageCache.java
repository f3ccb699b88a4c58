package dev.varve.blobstore.chunk;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the operating system to forget file content, so that reading it reads the disk; does nothing where it cannot. */
final class PageCache {
    private static final Logger LOG = LoggerFactory.getLogger(PageCache.class);
    private static final int READ_ONLY = 0;
    private static final int DONT_NEED = 4;

    private final @Nullable Calls calls = Calls.find();

    private record Calls(MethodHandle open, MethodHandle advise, MethodHandle close) {
        @SuppressWarnings("restricted") // three calls of the C library, with the types that POSIX gives them
        static @Nullable Calls find() {
            if (!"Linux".equals(System.getProperty("os.name"))) {
                return null;
            }
            try {
                Linker linker = Linker.nativeLinker();
                SymbolLookup symbols = linker.defaultLookup();
                MethodHandle open = linker.downcallHandle(
                        symbols.findOrThrow("open"),
                        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
                        Linker.Option.firstVariadicArg(2));
                MethodHandle advise = linker.downcallHandle(
                        symbols.findOrThrow("posix_fadvise"),
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_INT));
                MethodHandle close = linker.downcallHandle(
                        symbols.findOrThrow("close"),
                        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
                return new Calls(open, advise, close);
            } catch (RuntimeException | LinkageError e) {
                LOG.info("scrubbing reads through the page cache reason={}", e.toString());
                return null;
            }
        }
    }

    /** Forgets a part of a file that is clean. */
    void drop(Path path, long offset, long length) {
        Calls now = calls;
        if (now == null || length <= 0) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(path.toString());
            int file = (int) now.open.invokeExact(name, READ_ONLY);
            if (file >= 0) {
                int advised = (int) now.advise.invokeExact(file, offset, length, DONT_NEED);
                int closed = (int) now.close.invokeExact(file);
                assert advised == 0 && closed == 0 : advised + " " + closed;
            }
        } catch (Throwable e) {
            throw new IllegalStateException("native call", e);
        }
    }
}
