"""What runs the snippets of this site: Orquestra, Ray and the documentation meet here and nowhere else."""
