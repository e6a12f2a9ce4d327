DROP TABLE model_tags;
DROP TABLE models;
DROP TABLE providers;
