//! Small symmetric positive definite systems in f64, for what all rows of a side share.

/// A square matrix, row by row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Square {
    pub(super) n: usize,
    pub(super) values: Vec<f64>,
}

impl Square {
    pub(super) fn zero(n: usize) -> Self {
        Self { n, values: vec![0.0; n * n] }
    }

    pub(super) fn identity(n: usize) -> Self {
        let mut identity = Self::zero(n);
        (0..n).for_each(|i| *identity.at(i, i) = 1.0);
        identity
    }

    pub(super) fn at(&mut self, row: usize, column: usize) -> &mut f64 {
        &mut self.values[row * self.n + column]
    }

    pub(super) fn get(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.n + column]
    }

    /// The lower triangular `L` of `L Lᵀ = self`. What is not positive definite gives what is not a
    /// number.
    pub(super) fn cholesky(&self) -> Self {
        let n = self.n;
        let mut lower = Self::zero(n);
        for i in 0..n {
            for j in 0..=i {
                let dot: f64 = (0..j).map(|k| lower.get(i, k) * lower.get(j, k)).sum();
                let rest = self.get(i, j) - dot;
                *lower.at(i, j) = if i == j { rest.sqrt() } else { rest / lower.get(j, j) };
            }
        }
        lower
    }

    /// `L⁻¹` of a lower triangular matrix.
    pub(super) fn lower_inverse(&self) -> Self {
        let n = self.n;
        let mut inverse = Self::zero(n);
        for j in 0..n {
            for i in j..n {
                let start = if i == j { 1.0 } else { 0.0 };
                let dot: f64 = (j..i).map(|k| self.get(i, k) * inverse.get(k, j)).sum();
                *inverse.at(i, j) = (start - dot) / self.get(i, i);
            }
        }
        inverse
    }

    /// `self selfᵀ`.
    pub(super) fn times_own_transpose(&self) -> Self {
        let n = self.n;
        let mut product = Self::zero(n);
        for i in 0..n {
            for j in 0..n {
                *product.at(i, j) = (0..n).map(|k| self.get(i, k) * self.get(j, k)).sum();
            }
        }
        product
    }

    pub(super) fn transposed(&self) -> Self {
        let n = self.n;
        let values = (0..n * n).map(|at| self.get(at % n, at / n)).collect();
        Self { n, values }
    }

    pub(super) fn times(&self, other: &Self) -> Self {
        let n = self.n;
        let mut product = Self::zero(n);
        for i in 0..n {
            for j in 0..n {
                *product.at(i, j) = (0..n).map(|k| self.get(i, k) * other.get(k, j)).sum();
            }
        }
        product
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cholesky_and_inverse_undo_themselves() {
        let matrix = Square { n: 3, values: vec![4.0, 2.0, -1.0, 2.0, 5.0, 0.5, -1.0, 0.5, 3.0] };
        let lower = matrix.cholesky();
        let near = |a: &Square, b: &Square| {
            let differences = a.values.iter().zip(&b.values).map(|(a, b)| (a - b).abs());
            assert!(differences.fold(0.0, f64::max) < 1e-12, "{a:?} {b:?}");
        };
        near(&lower.times_own_transpose(), &matrix);
        near(&lower.lower_inverse().times(&lower), &Square::identity(3));
        let inverse = lower.lower_inverse().transposed().times_own_transpose();
        near(&inverse.times(&matrix), &Square::identity(3));
    }
}
