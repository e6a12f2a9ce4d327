DROP TRIGGER response_items_go;
DROP TABLE response_items;
