//! Right and wrong for each of several categories.

use crate::quality::Matrix;

/// For each category the four cells of "was said" and "was true". Pairs are (true, said); a case
/// without an answer was said to be nothing, and places beyond `classes` belong to none.
pub fn per_class(pairs: &[(usize, Option<usize>)], classes: usize) -> Vec<Matrix> {
    let cells = |class: usize| {
        let mut matrix = Matrix::default();
        for &(truth, said) in pairs {
            matrix += Matrix::one(said == Some(class), truth == class);
        }
        matrix
    };
    (0..classes).map(cells).collect()
}

/// The mean F1 over the categories that occur or were said; nothing when there is none.
pub fn macro_f1(matrices: &[Matrix]) -> Option<f64> {
    let scores: Vec<f64> = matrices.iter().filter_map(Matrix::f1).collect();
    super::mean(scores.iter().copied())
}
