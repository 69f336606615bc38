//! The functions between the matrices: GELU, layer normalisation, softmax, dot product.
//!
//! Each is plain IEEE arithmetic in a fixed order, without fused multiplications, and its exponentials come
//! from `libm`: the same bits on every machine, whatever the compiler makes of the loops.

use crate::level::Level;

/// GELU by the error function (Hendrycks and Gimpel 2016): `x/2 * (1 + erf(x / sqrt 2))`.
pub(crate) fn gelu(level: Level, values: &mut [f32]) {
    level.run(
        #[inline(always)]
        || {
            for value in values {
                *value = 0.5 * *value * (1.0 + erf(*value * core::f32::consts::FRAC_1_SQRT_2));
            }
        },
    );
}

/// The error function as a ratio of polynomials on [-4, 4], outside which it is 1 in 32 bits.
/// Coefficients: `generic_fast_erf_float` of Eigen 3 (Mozilla Public License 2.0, numbers only).
/// Absolute error under 5e-7.
#[inline(always)]
fn erf(value: f32) -> f32 {
    let x = if value > 4.0 { 4.0 } else { value };
    let x = if x < -4.0 { -4.0 } else { x };
    let square = x * x;
    let top = [
        2.770_681_5e-8,
        -2.101_024e-6,
        -5.692_506_4e-5,
        -7.349_906_3e-4,
        -2.954_6e-3,
        -1.609_603_3e-2,
    ];
    let top = top.into_iter().fold(-2.726_142_3e-10, |sum, next| sum * square + next);
    let bottom = [-2.133_740_6e-4, -1.682_827e-3, -7.373_329_2e-3, -1.426_473_9e-2];
    let bottom = bottom.into_iter().fold(-1.456_607_2e-5, |sum, next| sum * square + next);
    x * top / bottom
}

/// Layer normalisation (Ba, Kiros and Hinton 2016) of one token's values, in place.
#[inline(always)]
pub(crate) fn normalise(values: &mut [f32], weight: &[f32], bias: &[f32], epsilon: f32) {
    let count = values.len() as f32;
    let mean = sum(values, |value| value) / count;
    let variance = sum(values, |value| (value - mean) * (value - mean)) / count;
    let factor = 1.0 / libm::sqrtf(variance + epsilon);
    for ((value, weight), bias) in values.iter_mut().zip(weight).zip(bias) {
        *value = (*value - mean) * factor * weight + bias;
    }
}

/// Softmax in place.
#[inline(always)]
pub(crate) fn softmax(values: &mut [f32]) {
    let most = values.iter().fold(f32::NEG_INFINITY, |most, value| most.max(*value));
    let mut total = 0.0;
    for value in values.iter_mut() {
        *value = libm::expf(*value - most);
        total += *value;
    }
    for value in values {
        *value /= total;
    }
}

/// The scalar product.
#[inline(always)]
pub(crate) fn dot(left: &[f32], right: &[f32]) -> f32 {
    let ((left, left_rest), (right, right_rest)) = (left.as_chunks::<8>(), right.as_chunks::<8>());
    let mut lanes = [0.0f32; 8];
    for (left, right) in left.iter().zip(right) {
        for ((lane, left), right) in lanes.iter_mut().zip(left).zip(right) {
            *lane += left * right;
        }
    }
    let rest = left_rest.iter().zip(right_rest);
    add(lanes) + rest.fold(0.0, |sum, (left, right)| sum + left * right)
}

/// The sum of `f` over the values, in eight running sums.
#[inline(always)]
fn sum(values: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = values.as_chunks::<8>();
    let mut lanes = [0.0f32; 8];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += f(*value);
        }
    }
    add(lanes) + rest.iter().fold(0.0, |sum, value| sum + f(*value))
}

#[inline(always)]
fn add([a, b, c, d, e, f, g, h]: [f32; 8]) -> f32 {
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn erf_agrees_with_libm() {
        let mut worst: f64 = 0.0;
        for step in -60_000..=60_000 {
            let x = step as f32 / 10_000.0;
            worst = worst.max((f64::from(erf(x)) - libm::erf(f64::from(x))).abs());
        }
        assert!(worst < 5e-7, "{worst}");
    }

    #[test]
    fn a_row_is_normalised() {
        let mut values: Vec<f32> = (0..11).map(|i| i as f32).collect();
        normalise(&mut values, &[2.0; 11], &[1.0; 11], 1e-12);
        // Mean 5, variance 10: the first is (0 - 5) / sqrt 10 * 2 + 1.
        assert!((values[0] - (1.0 - 10.0 / 10f32.sqrt())).abs() < 1e-6, "{values:?}");
        assert!((values[5] - 1.0).abs() < 1e-6, "{values:?}");
    }

    #[test]
    fn softmax_survives_large_scores() {
        for (mut given, expected) in [
            (vec![0.0, 0.0], vec![0.5, 0.5]),
            (vec![1e30, 1e30, -1e30], vec![0.5, 0.5, 0.0]),
            (vec![7.0], vec![1.0]),
        ] {
            softmax(&mut given);
            assert_eq!(given, expected);
        }
        assert!((dot(&[1.0; 19], &[2.0; 19]) - 38.0).abs() < 1e-6);
    }
}
