//! Small symmetric systems, by Cholesky's decomposition.

/// A symmetric matrix, positive definite, as the product of a triangle with its transpose.
#[derive(Clone, Debug)]
pub(super) struct Triangle {
    rows: Vec<f64>, // [n, n], the lower half
    n: usize,
}

impl Triangle {
    /// Decomposes a matrix `[n, n]`, of which the lower half is read; `None` if it is not positive
    /// definite.
    pub(super) fn of(mut matrix: Vec<f64>, n: usize) -> Option<Self> {
        for i in 0..n {
            for j in 0..=i {
                let (above, row) = matrix.split_at_mut(i * n);
                let other = if j == i { &row[..j] } else { &above[j * n..][..j] };
                let product: f64 = row[..j].iter().zip(other).map(|(a, b)| a * b).sum();
                let rest = row[j] - product;
                row[j] = if j < i {
                    rest / above[j * n + j]
                } else if rest > 0.0 && rest.is_finite() {
                    rest.sqrt()
                } else {
                    return None;
                };
            }
        }
        Some(Self { rows: matrix, n })
    }

    /// Solves `A x = b`.
    pub(super) fn solve(&self, mut b: Vec<f64>) -> Vec<f64> {
        let Self { rows, n } = self;
        for i in 0..*n {
            let known: f64 = rows[i * n..][..i].iter().zip(&b).map(|(l, x)| l * x).sum();
            b[i] = (b[i] - known) / rows[i * n + i];
        }
        for i in (0..*n).rev() {
            let known: f64 = (i + 1..*n).map(|j| rows[j * n + i] * b[j]).sum();
            b[i] = (b[i] - known) / rows[i * n + i];
        }
        b
    }

    /// The triangle's product with `x`.
    pub(super) fn times(&self, x: &[f64]) -> Vec<f64> {
        let row = |i: usize| self.rows[i * self.n..][..=i].iter().zip(x).map(|(l, x)| l * x).sum();
        (0..self.n).map(row).collect()
    }

    /// Its transpose's.
    pub(super) fn transposed_times(&self, x: &[f64]) -> Vec<f64> {
        let mut product = vec![0.0; self.n];
        for (i, x) in x.iter().enumerate() {
            let row = &self.rows[i * self.n..][..=i];
            product.iter_mut().zip(row).for_each(|(sum, l)| *sum += l * x);
        }
        product
    }
}

#[cfg(test)]
mod tests {
    use super::Triangle;

    #[test]
    fn a_system_is_solved_and_a_bad_one_refused() {
        let matrix = vec![4.0, 0.0, 0.0, 2.0, 5.0, 0.0, -1.0, 1.0, 3.0]; // the upper half is not read
        let full = [[4.0, 2.0, -1.0], [2.0, 5.0, 1.0], [-1.0, 1.0, 3.0]];
        let triangle = Triangle::of(matrix, 3).expect("positive definite");
        let x = triangle.solve(vec![3.0, -2.0, 7.0]);
        for (row, expected) in full.iter().zip([3.0, -2.0, 7.0]) {
            let product: f64 = row.iter().zip(&x).map(|(a, x)| a * x).sum();
            assert!((product - expected).abs() < 1e-12, "{product} instead of {expected}");
        }
        let product = triangle.times(&triangle.transposed_times(&x));
        for (product, expected) in product.iter().zip([3.0, -2.0, 7.0]) {
            assert!((product - expected).abs() < 1e-12, "{product} instead of {expected}");
        }
        assert!(Triangle::of(vec![1.0, 0.0, 2.0, 1.0], 2).is_none());
        assert!(Triangle::of(vec![f64::NAN], 1).is_none());
    }
}
