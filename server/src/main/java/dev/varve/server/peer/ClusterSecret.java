package dev.varve.server.peer;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.util.Set;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What all nodes of a cluster know and nobody else, and the keys that follow from it. */
public final class ClusterSecret {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterSecret.class);
    private static final int LEAST_BYTES = 32;
    private static final int MOST_BYTES = 1 << 16;

    private final byte[] secret;

    private ClusterSecret(byte[] secret) {
        this.secret = secret;
    }

    /** Reads a file of at least 32 random bytes, the same on each node. */
    public static ClusterSecret read(Path file) {
        byte[] secret;
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw new VarveException(
                        ErrorCode.BAD_REQUEST,
                        "the cluster's secret " + file + " has more than " + MOST_BYTES + " bytes");
            }
            secret = Files.readAllBytes(file);
            warnOfReaders(file);
        } catch (IOException e) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "cannot read the cluster's secret " + file + ": " + e, e)
                    .withHint(
                            "make it once by 'head -c 32 /dev/urandom > FILE; chmod 600 FILE', and copy it to each node");
        }
        if (secret.length < LEAST_BYTES) {
            throw new VarveException(
                            ErrorCode.BAD_REQUEST,
                            "the cluster's secret %s has %d bytes; it must have at least %d"
                                    .formatted(file, secret.length, LEAST_BYTES))
                    .withHint("make it once by 'head -c 32 /dev/urandom > FILE', and copy it to each node");
        }
        return new ClusterSecret(secret);
    }

    private static void warnOfReaders(Path file) throws IOException {
        if (!file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            return;
        }
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
        if (permissions.contains(PosixFilePermission.OTHERS_READ)) {
            LOG.warn("everybody on this machine can read the cluster's secret file={}", file);
        }
    }

    /** Bytes for one purpose, the same on all nodes, that tell nothing of those for another one (HKDF, RFC 5869). */
    public byte[] derive(String purpose, int bytes) {
        try {
            return KDF.getInstance("HKDF-SHA256")
                    .deriveData(HKDFParameterSpec.ofExtract()
                            .addIKM(secret)
                            .addSalt("varve".getBytes(StandardCharsets.US_ASCII))
                            .thenExpand(purpose.getBytes(StandardCharsets.US_ASCII), bytes));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("HKDF is part of every Java platform", e);
        }
    }
}
