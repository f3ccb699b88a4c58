package dev.varve.query.sql;

import dev.varve.model.Column;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rel.type.RelDataTypeFactory;
import org.apache.calcite.rel.type.RelDataTypeSystem;
import org.apache.calcite.rel.type.RelDataTypeSystemImpl;
import org.apache.calcite.sql.type.SqlTypeFactoryImpl;
import org.apache.calcite.sql.type.SqlTypeName;

/** How columns' types are called in SQL and what arithmetic makes of them. */
final class SqlTypes {
    static final RelDataTypeSystem SYSTEM = new RelDataTypeSystemImpl() {
        @Override
        public int getMaxPrecision(SqlTypeName type) {
            return switch (type) {
                case TIMESTAMP, TIME -> 6;
                case DECIMAL -> 38;
                default -> super.getMaxPrecision(type);
            };
        }

        @Override
        public int getMaxScale(SqlTypeName type) {
            return type == SqlTypeName.DECIMAL ? 38 : super.getMaxScale(type);
        }

        @Override
        public int getDefaultPrecision(SqlTypeName type) {
            if (SqlTypeName.INTERVAL_TYPES.contains(type)) {
                return 9;
            }
            return switch (type) {
                case TIMESTAMP -> 6;
                case DECIMAL -> 18;
                default -> super.getDefaultPrecision(type);
            };
        }

        @Override
        public RelDataType deriveAvgAggType(RelDataTypeFactory factory, RelDataType argument) {
            return factory.createTypeWithNullability(factory.createSqlType(SqlTypeName.DOUBLE), argument.isNullable());
        }

        @Override
        public RelDataType deriveSumType(RelDataTypeFactory factory, RelDataType argument) {
            SqlTypeName sum = switch (argument.getSqlTypeName()) {
                case TINYINT, SMALLINT, INTEGER, BIGINT -> SqlTypeName.BIGINT;
                case REAL, FLOAT, DOUBLE -> SqlTypeName.DOUBLE;
                default -> null;
            };
            if (sum != null) {
                return factory.createTypeWithNullability(factory.createSqlType(sum), argument.isNullable());
            }
            return argument.getSqlTypeName() == SqlTypeName.DECIMAL
                    ? factory.createTypeWithNullability(
                            factory.createSqlType(SqlTypeName.DECIMAL, 38, argument.getScale()), argument.isNullable())
                    : super.deriveSumType(factory, argument);
        }

        @Override
        public RelDataType deriveCovarType(RelDataTypeFactory factory, RelDataType first, RelDataType second) {
            return factory.createTypeWithNullability(factory.createSqlType(SqlTypeName.DOUBLE), true);
        }

        @Override
        public boolean shouldConvertRaggedUnionTypesToVarying() {
            return true;
        }
    };

    private SqlTypes() {}

    static RelDataTypeFactory factory() {
        return new SqlTypeFactoryImpl(SYSTEM) {
            @Override
            public Charset getDefaultCharset() {
                return StandardCharsets.UTF_8;
            }
        };
    }

    static RelDataType of(Column column, RelDataTypeFactory factory, boolean nullable) {
        SqlTypeName name = switch (column.type()) {
            case BOOLEAN -> SqlTypeName.BOOLEAN;
            case INT -> SqlTypeName.INTEGER;
            case LONG -> SqlTypeName.BIGINT;
            case FLOAT -> SqlTypeName.REAL;
            case DOUBLE -> SqlTypeName.DOUBLE;
            case STRING -> SqlTypeName.VARCHAR;
            case TIMESTAMP -> SqlTypeName.TIMESTAMP;
            case DATE -> SqlTypeName.DATE;
            case BINARY -> SqlTypeName.VARBINARY;
        };
        return factory.createTypeWithNullability(factory.createSqlType(name), nullable);
    }

    static RelDataType element(RelDataType array) {
        RelDataType element = array.getComponentType();
        if (element == null) {
            throw new IllegalArgumentException(array + " is no array");
        }
        return element;
    }
}
