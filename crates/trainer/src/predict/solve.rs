//! Small symmetric systems.

use nalgebra::{Cholesky, DMatrix, Dyn};

/// Cholesky's decomposition of a matrix, of which the lower half is read; `None` if it is not positive
/// definite or its numbers are out of range.
pub(super) fn decompose(matrix: DMatrix<f64>) -> Option<Cholesky<f64, Dyn>> {
    Cholesky::new(matrix).filter(|root| root.l_dirty().trace().is_finite())
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, DVector};

    use super::decompose;

    #[test]
    fn a_system_is_solved_and_a_bad_one_refused() {
        let of = |n, rows: &[f64]| decompose(DMatrix::from_row_slice(n, n, rows));
        let lower = [4.0, 0.0, 0.0, 2.0, 5.0, 0.0, -1.0, 1.0, 3.0]; // the upper half is not read
        let full = [4.0, 2.0, -1.0, 2.0, 5.0, 1.0, -1.0, 1.0, 3.0];
        let b = DVector::from_vec(vec![3.0, -2.0, 7.0]);
        let x = of(3, &lower).expect("positive definite").solve(&b);
        let product = DMatrix::from_row_slice(3, 3, &full) * x;
        assert!((&product - &b).amax() < 1e-12, "{product} instead of {b}");
        for bad in [f64::NAN, f64::INFINITY, -1.0, 0.0] {
            assert!(of(1, &[bad]).is_none(), "{bad}");
        }
        assert!(of(2, &[1.0, 0.0, 2.0, 1.0]).is_none());
    }
}
