package dev.varve.server.media;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.server.wire.Fields;
import dev.varve.server.wire.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Links that anybody who has them may read one object by, until a time.
 *
 * <p>A link is a JSON text and its HMAC-SHA256 under a secret of the node, both in base64url, with a dot between.
 */
public final class MediaLinks {
    /** Of the secret that links are signed with. */
    public static final int SECRET_BYTES = 32;

    private static final int MOST_CHARACTERS = 4096;

    private final byte[] secret;
    private final InstantSource clock;
    private final Duration longest;

    private MediaLinks(byte[] secret, InstantSource clock, Duration longest) {
        this.secret = secret;
        this.clock = clock;
        this.longest = longest;
    }

    static MediaLinks of(byte[] secret, InstantSource clock, Duration longest) {
        return new MediaLinks(secret.clone(), clock, longest);
    }

    /** Reads a secret, or makes one that only the node's user can read. */
    public static byte[] secretIn(Path file) {
        try {
            if (!Files.exists(file)) {
                byte[] made = new byte[SECRET_BYTES];
                new SecureRandom().nextBytes(made);
                Path part = file.resolveSibling(file.getFileName() + ".part");
                Files.deleteIfExists(part);
                Files.createFile(
                        part, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                Files.write(part, made);
                Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
            }
            byte[] secret = Files.readAllBytes(file);
            if (secret.length != SECRET_BYTES) {
                throw new VarveException(
                                ErrorCode.CORRUPT, file + " has " + secret.length + " bytes, not " + SECRET_BYTES)
                        .withHint("delete it; links given out before are void then");
            }
            return secret;
        } catch (IOException e) {
            throw new VarveException(ErrorCode.STORAGE, "cannot keep the secret of links in " + file, e);
        }
    }

    /** A link's token and when it ends. */
    record Link(String token, Instant expires) {}

    Link make(MediaRef ref, String versionId, Duration time) {
        if (time.compareTo(longest) > 0 || time.isZero() || time.isNegative()) {
            throw new VarveException(
                    ErrorCode.BAD_REQUEST,
                    "a link is good for more than nothing and at most " + longest + ", not " + time);
        }
        Instant expires = clock.instant().plus(time);
        ObjectNode json = Json.object()
                .put("b", ref.bucket())
                .put("k", Base64.getEncoder().encodeToString(ref.key().bytes()))
                .put("v", versionId)
                .put("e", expires.toEpochMilli());
        byte[] text = Json.bytes(json);
        Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
        return new Link(base64.encodeToString(text) + "." + base64.encodeToString(hmac(text)), expires);
    }

    /** What a link is to. */
    record Target(MediaRef ref, String versionId) {}

    Target target(String token) {
        int dot = token.indexOf('.');
        byte[] text;
        byte[] mac;
        try {
            if (dot < 0 || token.length() > MOST_CHARACTERS) {
                throw new IllegalArgumentException("no token");
            }
            text = Base64.getUrlDecoder().decode(token.substring(0, dot));
            mac = Base64.getUrlDecoder().decode(token.substring(dot + 1));
        } catch (IllegalArgumentException e) {
            throw refused("this is not a link");
        }
        if (!MessageDigest.isEqual(mac, hmac(text))) {
            throw refused("this is not a link of this node");
        }
        Fields fields = Json.parseObject(text, "the link");
        if (clock.instant().toEpochMilli() > fields.number("e", 0)) {
            throw refused("this link has expired");
        }
        MediaRef ref = new MediaRef(
                fields.requiredText("b"), ObjectKey.of(Base64.getDecoder().decode(fields.requiredText("k"))));
        return new Target(ref, fields.requiredText("v"));
    }

    private static VarveException refused(String message) {
        return new VarveException(ErrorCode.NOT_FOUND, message).withHint("ask for a new one with ?url=15m");
    }

    private byte[] hmac(byte[] text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            return mac.doFinal(text);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("every JDK has HMAC-SHA256", impossible);
        }
    }
}
