package dev.varve.server.peer;

import java.math.BigInteger;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPrivateKeySpec;
import java.security.spec.ECPublicKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * The authority that every holder of the cluster's secret is: its key is derived from the secret, the same on each node, so
 * that nodes issue certificates to themselves and nothing has to be handed around but the secret.
 */
final class ClusterAuthority {
    private static final String CURVE = "secp256r1";
    private static final String SIGNATURE = "SHA256withECDSA";
    /** More than the scalar has, so that taking the remainder favours none. */
    private static final int DERIVED_BYTES = 48;

    private static final Duration CLOCKS_DIFFER = Duration.ofDays(2);
    /** Keys never leave the memory of the process that they were made for. */
    private static final Duration LIFE = Duration.ofDays(3650);

    private static final X500Name NAME = new X500Name("CN=varve cluster");

    private final PrivateKey key;
    private final X509Certificate certificate;
    private final Instant now;

    /** A key with its certificate. */
    record Issued(PrivateKey key, X509Certificate certificate) {}

    private ClusterAuthority(KeyPair pair, Instant now) throws GeneralSecurityException, OperatorCreationException {
        this.key = pair.getPrivate();
        this.now = now;
        try {
            this.certificate = sign(builder(NAME, pair.getPublic(), BigInteger.ONE)
                    .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
                    .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign)));
        } catch (CertIOException e) {
            throw new IllegalStateException(e);
        }
    }

    static ClusterAuthority of(Path secretFile, Instant now) {
        try {
            return new ClusterAuthority(derive(ClusterSecret.read(secretFile)), now);
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IllegalStateException("the runtime lacks what certificates need", e);
        }
    }

    private static KeyPair derive(ClusterSecret secret) throws GeneralSecurityException {
        byte[] derived = secret.derive("cluster authority 1", DERIVED_BYTES);
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(CURVE));
        ECParameterSpec curve = ((java.security.interfaces.ECPublicKey)
                        generator.generateKeyPair().getPublic())
                .getParams();
        BigInteger scalar = new BigInteger(1, derived)
                .mod(curve.getOrder().subtract(BigInteger.ONE))
                .add(BigInteger.ONE);
        org.bouncycastle.math.ec.ECPoint point =
                CustomNamedCurves.getByName(CURVE).getG().multiply(scalar).normalize();
        ECPoint shared = new ECPoint(
                point.getAffineXCoord().toBigInteger(), point.getAffineYCoord().toBigInteger());
        KeyFactory keys = KeyFactory.getInstance("EC");
        return new KeyPair(
                keys.generatePublic(new ECPublicKeySpec(shared, curve)),
                keys.generatePrivate(new ECPrivateKeySpec(scalar, curve)));
    }

    X509Certificate certificate() {
        return certificate;
    }

    /** A new key for a node, with a certificate that names it. */
    Issued issue(String node) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(CURVE));
            KeyPair pair = generator.generateKeyPair();
            X500Name name = new X500NameBuilder(BCStyle.INSTANCE)
                    .addRDN(BCStyle.CN, node)
                    .build();
            X509Certificate issued =
                    sign(builder(name, pair.getPublic(), new BigInteger(120, new SecureRandom()).setBit(0))
                            .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
                            .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
                            .addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(new KeyPurposeId[] {
                                KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
                            }))
                            .addExtension(
                                    Extension.subjectAlternativeName,
                                    false,
                                    new GeneralNames(new GeneralName(GeneralName.dNSName, node))));
            return new Issued(pair.getPrivate(), issued);
        } catch (GeneralSecurityException | OperatorCreationException | CertIOException e) {
            throw new IllegalStateException("no certificate can be made for node " + node, e);
        }
    }

    private X509v3CertificateBuilder builder(X500Name name, PublicKey subject, BigInteger serial) {
        return new JcaX509v3CertificateBuilder(
                NAME, serial, Date.from(now.minus(CLOCKS_DIFFER)), Date.from(now.plus(LIFE)), name, subject);
    }

    private X509Certificate sign(X509v3CertificateBuilder unsigned)
            throws GeneralSecurityException, OperatorCreationException {
        X509CertificateHolder signed = unsigned.build(new JcaContentSignerBuilder(SIGNATURE).build(key));
        return new JcaX509CertificateConverter().getCertificate(signed);
    }
}
