package dev.varve.server.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What all loading commands have in common. */
final class LoadOptions {
    enum OnError {
        REJECT_ROW,
        REJECT_BATCH;

        /** Reads what {@link #wire} writes. */
        static final class Reader implements ITypeConverter<OnError> {
            @Override
            public OnError convert(String text) {
                for (OnError choice : values()) {
                    if (choice.wire().equalsIgnoreCase(text)) {
                        return choice;
                    }
                }
                throw new TypeConversionException("'" + text + "' is neither reject-row nor reject-batch");
            }
        }

        /** As the API spells it. */
        String wire() {
            return this == REJECT_ROW ? "reject-row" : "reject-batch";
        }
    }

    @Option(
            names = "--on-error",
            paramLabel = "reject-row|reject-batch",
            converter = OnError.Reader.class,
            description = "what a bad row does: reject-row (default) leaves it out and loads the others;"
                    + " reject-batch stops, and nothing of its file is loaded")
    private OnError onError = OnError.REJECT_ROW;

    @Option(
            names = "--errors",
            paramLabel = "FILE",
            description = "write the bad rows to FILE, one JSON object a line (of each request at most 100)")
    private @Nullable Path errors;

    @Option(names = "--dry-run", description = "read and check, show what would be loaded, write nothing")
    private boolean dryRun;

    @Option(
            names = "--resume-key",
            paramLabel = "TEXT",
            description = {
                "Rows travel in batches, each under a key made of the files' paths, sizes and times, the mapping and the"
                        + " batch's number; the node applies a key once. So the same command may be repeated after a"
                        + " crash and doubles nothing.",
                "--resume-key TEXT takes TEXT in place of path and time, for a file that was moved or copied;"
                        + " --resume-key none makes new keys, to load the same file twice."
            })
    private @Nullable String resumeKey;

    OnError onError() {
        return onError;
    }

    @Nullable
    Path errors() {
        return errors;
    }

    boolean isDryRun() {
        return dryRun;
    }

    /** The beginning of the batches' keys for these files and this way of reading them. */
    String key(List<Path> files, String mapping) throws IOException {
        if ("none".equals(resumeKey)) {
            return UUID.randomUUID().toString().replace("-", "");
        }
        StringBuilder identity = new StringBuilder(mapping);
        for (Path file : files) {
            identity.append('\n');
            if (resumeKey == null) {
                identity.append(file.toRealPath())
                        .append('\t')
                        .append(Files.getLastModifiedTime(file).toMillis());
            } else {
                identity.append(resumeKey).append('\t').append(file.getFileName());
            }
            identity.append('\t').append(Files.size(file));
        }
        return hash(identity.toString()).substring(0, 32);
    }

    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JDK has SHA-256", impossible);
        }
    }
}
