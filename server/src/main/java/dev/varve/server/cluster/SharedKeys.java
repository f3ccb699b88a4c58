package dev.varve.server.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.blobstore.BlobStore;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.server.keys.AccessKey;
import dev.varve.server.keys.AccessKeys;
import dev.varve.server.keys.AccessKeys.Held;
import dev.varve.server.keys.Grant;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Brings the access keys of all nodes together: what is made or revoked on one becomes known on the others.
 *
 * <p>Keys are only ever added and revoked, so the union of what two nodes know, with every revocation, is what both should
 * know. It lies in a register of the store, sealed with AES-GCM under a key of the cluster's secret. One thread.
 */
public final class SharedKeys {
    private static final String REGISTER = "access-keys";
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final AccessKeys keys;
    private final BlobStore blobs;
    private final SecretKeySpec seal;
    private final SecureRandom random = new SecureRandom();
    private long seen = -1;
    private List<Held> told = List.of();

    /** @param secret 32 bytes that all nodes derive alike */
    public SharedKeys(AccessKeys keys, BlobStore blobs, byte[] secret) {
        this.keys = keys;
        this.blobs = blobs;
        this.seal = new SecretKeySpec(secret, "AES");
    }

    /** Takes over what others did since the last time, and tells them what was done here. */
    public void exchange() {
        while (true) {
            Optional<BlobStore.Register> found = blobs.register(REGISTER);
            long version = found.map(BlobStore.Register::version).orElse(BlobStore.ABSENT);
            if (version != seen) {
                told = found.map(register -> open(register.content())).orElse(List.of());
                keys.merge(told);
                seen = version;
            }
            List<Held> now = keys.held();
            if (usable(now).equals(usable(told))) {
                return;
            }
            Optional<Long> next = blobs.compareAndSet(REGISTER, version, sealed(now));
            if (next.isPresent()) {
                seen = next.get();
                told = now;
                return;
            }
        }
    }

    /** What there is to know of keys; when a key was revoked two nodes may say differently. */
    private static Map<String, Boolean> usable(List<Held> all) {
        return all.stream().collect(Collectors.toMap(held -> held.key().id(), held -> held.secret() != null));
    }

    private ByteBuffer sealed(List<Held> all) {
        ArrayNode entries = JSON.createArrayNode();
        for (Held held : all) {
            AccessKey key = held.key();
            ObjectNode entry = entries.addObject().put("id", key.id()).put("user", key.user());
            ArrayNode grants = entry.putArray("grants");
            key.grants().forEach(grant -> grants.add(grant.toString()));
            entry.put("created", key.created().toString());
            key.revoked().ifPresent(when -> entry.put("revoked", when.toString()));
            if (held.secret() != null) {
                entry.put("secret", held.secret());
            }
        }
        try {
            byte[] nonce = new byte[NONCE_BYTES];
            random.nextBytes(nonce);
            byte[] bytes = cipher(Cipher.ENCRYPT_MODE, nonce).doFinal(JSON.writeValueAsBytes(entries));
            return ByteBuffer.allocate(NONCE_BYTES + bytes.length)
                    .put(nonce)
                    .put(bytes)
                    .flip();
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("keys can always be written and sealed", e);
        }
    }

    private List<Held> open(ByteBuffer content) {
        try {
            ByteBuffer rest = content.duplicate();
            byte[] nonce = new byte[NONCE_BYTES];
            rest.get(nonce);
            byte[] bytes = new byte[rest.remaining()];
            rest.get(bytes);
            List<Held> all = new ArrayList<>();
            for (JsonNode entry :
                    JSON.readTree(cipher(Cipher.DECRYPT_MODE, nonce).doFinal(bytes))) {
                List<Grant> grants = new ArrayList<>();
                entry.path("grants").forEach(grant -> grants.add(Grant.parse(grant.asText())));
                Optional<Instant> revoked = entry.hasNonNull("revoked")
                        ? Optional.of(Instant.parse(entry.path("revoked").asText()))
                        : Optional.empty();
                AccessKey key = new AccessKey(
                        entry.path("id").asText(),
                        entry.path("user").asText(),
                        grants,
                        Instant.parse(entry.path("created").asText()),
                        revoked);
                all.add(new Held(
                        key, entry.hasNonNull("secret") ? entry.path("secret").asText() : null));
            }
            return all;
        } catch (GeneralSecurityException | IOException | RuntimeException e) {
            throw new VarveException(ErrorCode.CORRUPT, "the cluster's access keys cannot be read", e)
                    .withHint("they were sealed under another cluster.secret-file");
        }
    }

    private Cipher cipher(int mode, byte[] nonce) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, seal, new GCMParameterSpec(TAG_BITS, nonce));
        return cipher;
    }
}
