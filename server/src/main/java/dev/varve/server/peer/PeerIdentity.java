package dev.varve.server.peer;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.jspecify.annotations.Nullable;

/** By what a node proves who it is, and whom it believes. */
public final class PeerIdentity {
    private static final String[] PROTOCOLS = {"TLSv1.3"};

    private final PrivateKey key;
    private final List<X509Certificate> chain;
    private final X509TrustManager authorities;

    private PeerIdentity(PrivateKey key, List<X509Certificate> chain, Collection<? extends Certificate> trusted) {
        this.key = key;
        this.chain = List.copyOf(chain);
        this.authorities = believing(trusted);
    }

    /** Believes whoever has the same secret: a file of at least 32 random bytes, the same on each node. */
    public static PeerIdentity ofSecret(Path secretFile, String node, InstantSource clock) {
        ClusterAuthority authority = ClusterAuthority.of(secretFile, clock.instant());
        ClusterAuthority.Issued issued = authority.issue(node);
        return new PeerIdentity(issued.key(), List.of(issued.certificate()), List.of(authority.certificate()));
    }

    /**
     * Has a certificate of the operator's.
     *
     * @param certificates PEM, the node's first; it must name the node, as common name or as an alternative DNS name, and be
     *     good for servers and for clients
     * @param key PEM, not encrypted
     * @param trusted PEM, the authorities of the other nodes' certificates
     */
    public static PeerIdentity ofFiles(Path certificates, Path key, Path trusted, String node) {
        List<X509Certificate> chain = certificates(certificates);
        Set<String> names = names(chain.getFirst());
        if (!names.contains(node)) {
            throw new VarveException(
                            ErrorCode.BAD_REQUEST,
                            "the certificate in %s names %s, not the node %s".formatted(certificates, names, node))
                    .withHint("it must have the node's id as common name or as an alternative DNS name");
        }
        return new PeerIdentity(privateKey(key), chain, certificates(trusted));
    }

    /** For connections to one node, which must have a certificate that names it. */
    SslContext client(String node) {
        try {
            return GrpcSslContexts.configure(SslContextBuilder.forClient())
                    .keyManager(key, chain)
                    .trustManager(new NodeTrust(authorities, node))
                    .protocols(PROTOCOLS)
                    .build();
        } catch (SSLException e) {
            throw unusable(e);
        }
    }

    /** For connections from anybody who has a certificate. */
    SslContext server() {
        try {
            return GrpcSslContexts.configure(SslContextBuilder.forServer(key, chain))
                    .trustManager(new NodeTrust(authorities, null))
                    .clientAuth(ClientAuth.REQUIRE)
                    .protocols(PROTOCOLS)
                    .build();
        } catch (SSLException e) {
            throw unusable(e);
        }
    }

    private static VarveException unusable(SSLException failure) {
        return new VarveException(
                ErrorCode.BAD_REQUEST, "TLS cannot use the node's certificate: " + failure.getMessage(), failure);
    }

    /** What a certificate says it is for. */
    static Set<String> names(X509Certificate certificate) {
        Set<String> names = new HashSet<>();
        try {
            for (Rdn part : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
                if (part.getType().equalsIgnoreCase("CN")) {
                    names.add(part.getValue().toString());
                }
            }
            Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
            if (alternatives != null) {
                alternatives.forEach(alternative -> names.add(String.valueOf(alternative.get(1))));
            }
        } catch (InvalidNameException | CertificateParsingException e) {
            return Set.of();
        }
        return names;
    }

    private static X509TrustManager believing(Collection<? extends Certificate> trusted) {
        try {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int number = 0;
            for (Certificate certificate : trusted) {
                store.setCertificateEntry("authority-" + number++, certificate);
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(store);
            for (TrustManager manager : factory.getTrustManagers()) {
                if (manager instanceof X509TrustManager found) {
                    return found;
                }
            }
            throw new IllegalStateException("the runtime cannot check certificates");
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("the runtime cannot check certificates", e);
        }
    }

    private static List<X509Certificate> certificates(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            List<X509Certificate> found = CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
                    .map(X509Certificate.class::cast)
                    .toList();
            if (!found.isEmpty()) {
                return found;
            }
        } catch (IOException | CertificateException e) {
            throw unreadable(file, "certificates", e);
        }
        throw unreadable(file, "certificates", new IOException("there are none"));
    }

    private static PrivateKey privateKey(Path file) {
        try (Reader in = Files.newBufferedReader(file);
                PEMParser parser = new PEMParser(in)) {
            JcaPEMKeyConverter converter = new JcaPEMKeyConverter();
            for (Object part = parser.readObject(); part != null; part = parser.readObject()) {
                if (part instanceof PEMKeyPair pair) {
                    return converter.getKeyPair(pair).getPrivate();
                }
                if (part instanceof PrivateKeyInfo known) {
                    return converter.getPrivateKey(known);
                }
            }
        } catch (IOException e) {
            throw unreadable(file, "a private key", e);
        }
        throw unreadable(file, "a private key", new IOException("there is none that is not encrypted"));
    }

    private static VarveException unreadable(Path file, String what, Exception cause) {
        return new VarveException(
                        ErrorCode.BAD_REQUEST,
                        "cannot read %s from %s: %s".formatted(what, file, cause.getMessage()),
                        cause)
                .withHint("the file must be PEM");
    }

    /** Believes the authorities, and, of a server, that it is the node that was meant; hosts' names do not matter. */
    private static final class NodeTrust extends X509ExtendedTrustManager {
        private final X509TrustManager authorities;
        private final @Nullable String node;

        NodeTrust(X509TrustManager authorities, @Nullable String node) {
            this.authorities = authorities;
            this.node = node;
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            authorities.checkClientTrusted(chain, type);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            authorities.checkServerTrusted(chain, type);
            Set<String> names = names(chain[0]);
            if (node == null || !names.contains(node)) {
                throw new CertificateException("who answers is " + names + ", not " + node);
            }
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            checkClientTrusted(chain, type);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            checkServerTrusted(chain, type);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            checkClientTrusted(chain, type);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            checkServerTrusted(chain, type);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return authorities.getAcceptedIssuers();
        }
    }
}
