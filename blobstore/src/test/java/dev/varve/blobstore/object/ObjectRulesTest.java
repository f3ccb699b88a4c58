package dev.varve.blobstore.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ObjectRulesTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "abc",
                "a-b.c1",
                "0ab",
                "foo--bar",
                "a23456789012345678901234567890123456789012345678901234567890123"
            })
    void takesNamesOfBuckets(String name) {
        assertThatCode(() -> ObjectRules.checkBucketName(name)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "ab",
                "Abc",
                "a_b",
                "-ab",
                "ab-",
                "a..b",
                "a.-b",
                "a-.b",
                ".ab",
                "ab.",
                "192.168.5.4",
                "xn--abc",
                "a/b",
                "äöü",
                "a234567890123456789012345678901234567890123456789012345678901234"
            })
    void refusesOtherNames(String name) {
        ObjectException refused = catchThrowableOfType(ObjectException.class, () -> ObjectRules.checkBucketName(name));
        assertThat(refused.problem()).isEqualTo(ObjectProblem.INVALID_BUCKET_NAME);
    }
}
